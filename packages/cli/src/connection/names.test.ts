import { describe, expect, it } from "vitest";
import { namesOf, RESOURCE_NAMES } from "./names.ts";

/** A link as `sst shell` sets it. */
function link(fleet: string, more: Record<string, unknown> = {}): Record<string, string> {
  const resources = Object.fromEntries(RESOURCE_NAMES.map((name) => [name, `${fleet}-${name}`]));
  const text = JSON.stringify({ ...resources, type: "imagefleet.index.Imagefleet", ...more });
  return { [`SST_RESOURCE_${fleet}`]: text };
}

/** Other links of an app. */
const OTHERS = {
  SST_RESOURCE_App: '{"name":"shop","stage":"production"}',
  SST_RESOURCE_Source: '{"name":"somebody-else","type":"sst.aws.Bucket"}',
  SST_RESOURCE_Broken: "{",
};

it("a flag overrides a variable, and a variable overrides the link of SST", () => {
  const linked = { ...OTHERS, ...link("Photos") };
  expect(namesOf({}, linked)).toEqual(
    Object.fromEntries(
      RESOURCE_NAMES.map((name) => [name, { value: `Photos-${name}`, by: "SST_RESOURCE_Photos" }]),
    ),
  );
  const both = { ...linked, IMAGEFLEET_SMALL_QUEUE_URL: "by-variable" };
  expect(namesOf({}, both).smallQueue).toEqual({
    value: "by-variable",
    by: "IMAGEFLEET_SMALL_QUEUE_URL",
  });
  expect(namesOf({ smallQueue: "by-flag" }, both).smallQueue).toEqual({
    value: "by-flag",
    by: "--small-queue",
  });
});

it("links of other types are ignored", () => {
  expect(namesOf({}, OTHERS)).toEqual({});
});

describe("with several fleets", () => {
  const several = { ...link("Photos"), ...link("Avatars") };

  it("--fleet is required and chooses one", () => {
    expect(namesOf({ fleet: "Avatars" }, several).sourceBucket?.value).toBe("Avatars-sourceBucket");
    expect(() => namesOf({}, several)).toThrow(
      /sst shell links the fleets Avatars, Photos. Choose one with --fleet NAME/,
    );
  });

  it("--fleet is not required when every resource has its flag", () => {
    const flags = Object.fromEntries(RESOURCE_NAMES.map((name) => [name, "by-flag"]));
    expect(namesOf(flags, several).largeDlq).toEqual({ value: "by-flag", by: "--large-dlq" });
  });

  it.each([
    [several, /--fleet: there is no fleet Photo; the linked fleets are Avatars, Photos/],
    [{}, /--fleet: there is no fleet Photo; no fleet is linked. Run the command under sst shell/],
  ])("an unknown --fleet is a usage error", (variables, message) => {
    expect(() => namesOf({ fleet: "Photo" }, variables)).toThrow(message);
  });
});

it("a link that lacks a resource is a usage error that names it", () => {
  const lacking = link("Photos", { smallDlq: undefined, largeQueue: 7 });
  expect(() => namesOf({}, lacking)).toThrow(
    /SST_RESOURCE_Photos lacks smallDlq, largeQueue. Deploy the fleet/,
  );
});

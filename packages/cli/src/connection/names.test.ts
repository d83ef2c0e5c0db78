import { describe, expect, it } from "vitest";
import { namesOf, RESOURCE_NAMES } from "./names.ts";

/** As `sst shell` sets it. */
function link(fleet: string, more: Record<string, unknown> = {}): Record<string, string> {
  const resources = Object.fromEntries(RESOURCE_NAMES.map((name) => [name, `${fleet}-${name}`]));
  const text = JSON.stringify({ ...resources, type: "imagefleet.index.Imagefleet", ...more });
  return { [`SST_RESOURCE_${fleet}`]: text };
}

/** What an app links besides. */
const OTHERS = {
  SST_RESOURCE_App: '{"name":"shop","stage":"production"}',
  SST_RESOURCE_Source: '{"name":"somebody-else","type":"sst.aws.Bucket"}',
  SST_RESOURCE_Broken: "{",
};

it("a flag counts before a variable, a variable before the fleet that SST links", () => {
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

it("other links of the app are no fleet, whatever they are called", () => {
  expect(namesOf({}, OTHERS)).toEqual({});
});

describe("of several fleets", () => {
  const several = { ...link("Photos"), ...link("Avatars") };

  it("--fleet chooses one, and must", () => {
    expect(namesOf({ fleet: "Avatars" }, several).sourceBucket?.value).toBe("Avatars-sourceBucket");
    expect(() => namesOf({}, several)).toThrow(
      /sst shell links the fleets Avatars, Photos: choose one with --fleet NAME/,
    );
  });

  it("none need be chosen where every resource has its flag", () => {
    const flags = Object.fromEntries(RESOURCE_NAMES.map((name) => [name, "by-flag"]));
    expect(namesOf(flags, several).largeDlq).toEqual({ value: "by-flag", by: "--large-dlq" });
  });

  it.each([
    [several, /--fleet: there is no fleet Photo: those linked are Avatars, Photos/],
    [{}, /--fleet: there is no fleet Photo: none is linked: run this under sst shell/],
  ])("one that is not linked is wrong use", (variables, message) => {
    expect(() => namesOf({ fleet: "Photo" }, variables)).toThrow(message);
  });
});

it("a fleet's link that lacks a resource is wrong use, by name", () => {
  const lacking = link("Photos", { smallDlq: undefined, largeQueue: 7 });
  expect(() => namesOf({}, lacking)).toThrow(
    /SST_RESOURCE_Photos does not say smallDlq, largeQueue: deploy the fleet/,
  );
});

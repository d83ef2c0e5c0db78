import { expect, it } from "vitest";
import { signingKeyOf } from "./signing-key.ts";

/** The link of a fleet, as `sst shell` sets it. */
function link(fleet: string, more: Record<string, unknown>): Record<string, string> {
  const text = JSON.stringify({ type: "imagefleet.index.Imagefleet", ...more });
  return { [`SST_RESOURCE_${fleet}`]: text };
}

it("takes the key from its variable, else from the link of SST", () => {
  const linked = link("Photos", { signingKey: "k1:linked:with:colons" });
  expect(signingKeyOf(linked, undefined)).toEqual({
    id: "k1",
    secret: "linked:with:colons",
    by: "SST_RESOURCE_Photos",
  });
  expect(signingKeyOf({ ...linked, IMAGEFLEET_SIGNING_KEY: "k2:given" }, undefined)).toEqual({
    id: "k2",
    secret: "given",
    by: "IMAGEFLEET_SIGNING_KEY",
  });
});

it("takes the key of the fleet that --fleet names", () => {
  const several = {
    ...link("Photos", { signingKey: "k1:photos" }),
    ...link("Avatars", { signingKey: "k1:avatars" }),
  };
  expect(signingKeyOf(several, "Avatars")?.secret).toBe("avatars");
  expect(() => signingKeyOf(several, undefined)).toThrow(/Choose one with --fleet NAME/);
});

it("has no key without a variable and a link, or with a link that has none", () => {
  expect(signingKeyOf({}, undefined)).toBeUndefined();
  expect(signingKeyOf(link("Photos", {}), undefined)).toBeUndefined();
});

it.each(["secret", "K1:secret", "k1:", "k1:two words"])("refuses %j without showing it", (text) => {
  const refused = () => signingKeyOf({ IMAGEFLEET_SIGNING_KEY: text }, undefined);
  expect(refused).toThrow(
    /^IMAGEFLEET_SIGNING_KEY has no signing key: it must be an id of a-z and 0-9, ":" and the secret, as in the secret of the stage$/,
  );
});

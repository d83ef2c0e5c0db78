import { defineRecipe } from "@imagefleet/core/recipe";
import { expect, it } from "vitest";
import { type SignedSize, signedAddress } from "./signed.ts";

const recipe = defineRecipe({ delivery: { adhoc: {} }, presets: { thumb: "150x" } });
const key = { id: "k1", secret: "secret" };

it("writes one address for one size", async () => {
  const expires = new Date("2026-11-26T00:00:00.999Z");
  const size: SignedSize = {
    quality: 70,
    fit: "cover",
    height: 200,
    width: 333,
    format: "webp",
    expires,
  };
  // OpenSSL: printf 'k1.1795651200/w=333,h=200,fit=cover,q=70/cats/tom 100%%25.jpg.webp' |
  //   openssl dgst -sha256 -hmac secret -binary | basenc --base64url
  expect(await signedAddress(recipe, "cats/tom 100%.jpg", key, size)).toBe(
    "/s/k1.1795651200.B69-XP8SGT6XUqiBxgn_55XdS8FVb8gY678rilSiAvo/w=333,h=200,fit=cover,q=70/cats/tom%20100%2525.jpg.webp",
  );
  const plain = await signedAddress(recipe, "a", key, { width: 9, fit: "inside" });
  expect(plain).toMatch(/^\/s\/k1\.0\.[\w-]{43}\/w=9\/a\.auto$/);
});

it.each<[SignedSize, string]>([
  [{}, "a size needs a width or a height"],
  [{ width: 0 }, "width is 0: write a whole number from 1 to 2048"],
  [{ width: 2049 }, "width is 2049: write a whole number from 1 to 2048"],
  [{ height: 1.5 }, "height is 1.5: write a whole number from 1 to 2048"],
  [{ width: 1, quality: 101 }, "quality is 101: write a whole number from 1 to 100"],
  [{ width: 1, fit: "cover" }, 'fit is "cover": that needs a width and a height'],
  [{ width: 1, format: "gif" }, 'format is "gif": use one of webp, jpeg'],
])("refuses %j", async (size, message) => {
  await expect(signedAddress(recipe, "a", key, size)).rejects.toThrow(message);
});

it.each([new Date(0), new Date(500), new Date("bad"), new Date(8.64e15), new Date(-1)])(
  "refuses an end that no address can say: %s",
  async (expires) => {
    const size = { width: 1, expires };
    await expect(signedAddress(recipe, "a", key, size)).rejects.toThrow(/^expires is .*: write a/);
  },
);

it("refuses a key's id that is no part of an address, and a recipe without signed sizes", async () => {
  const other = { ...key, id: "K/1" };
  await expect(signedAddress(recipe, "a", other, { width: 1 })).rejects.toThrow(
    'the signing key\'s id is "K/1": use 1 to 32 of a-z and 0-9',
  );
  const { delivery: _delivery, ...without } = recipe;
  await expect(signedAddress(without, "a", key, { width: 1 })).rejects.toThrow(
    "the recipe has no delivery.adhoc: add it, and pass the whole recipe",
  );
});

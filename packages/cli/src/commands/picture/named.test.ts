import { isObjectKey } from "@imagefleet/core/intake";
import { addressPath, manifestKey, renditionKey } from "@imagefleet/core/plan";
import { defineRecipe, whyNotASource } from "@imagefleet/core/recipe";
import fc from "fast-check";
import { expect, it } from "vitest";
import { named } from "./named.ts";

const PRESETS = {
  thumb: "150x150",
  hero: { widths: [400, 800], formats: ["avif", "webp", "jpeg"] },
} as const;
const RECIPES = [
  { presets: PRESETS },
  { presets: PRESETS, source: { prefix: "in/" }, output: { prefix: "out/" } },
  { presets: PRESETS, output: { key: "img/{path}/{preset}.{ext}" } },
].map((recipe) => defineRecipe(recipe));
const BUCKETS = { sourceBucket: "photos", renditionBucket: "renditions" };

/** Any text, and texts that a URL, a path or a terminal changes. */
const segment = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "",
    ".",
    "..",
    "a b",
    "%2F",
    "100%",
    "?v=1",
    "\u202egpj",
    "a\nb",
    "ü🐱",
    "x.auto",
  ),
);

it("every form of an address of a rendition or a manifest names its source", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(segment, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      async (path, at) => {
        const recipe = RECIPES[at % RECIPES.length] ?? RECIPES[0];
        if (recipe === undefined) return;
        const key = recipe.source.prefix + path.join("/");
        fc.pre(isObjectKey(key) && whyNotASource(recipe, key) === undefined);
        const preset = recipe.presets[at % recipe.presets.length];
        if (preset === undefined) return;
        const outputs = [renditionKey(recipe, preset, key), manifestKey(recipe, key)];
        for (const output of outputs) {
          const url = addressPath(output);
          const forms = [
            output,
            `${url}?v=0a1b2c3d`,
            `s3://renditions/${output}`,
            `https://images.example.com${url}?v=0a1b2c3d`,
            `https://renditions.s3.eu-west-1.amazonaws.com${url}`,
            `http://renditions.localhost:4566${url}`,
            `http://127.0.0.1:4566/renditions${url}`,
          ];
          for (const form of forms) {
            expect((await named(recipe, form, BUCKETS)).sourceOf, form).toBe(key);
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

it("names the source of addresses that the edge rewrites", async () => {
  const recipe = defineRecipe({
    presets: PRESETS,
    delivery: {
      classic: true,
      adhoc: { maxWidth: 2000, maxHeight: 2000, formats: ["jpeg", "webp"] },
    },
  });
  const of = async (text: string) => (await named(recipe, text, BUCKETS)).sourceOf;
  expect(await of("https://images.example.com/hero-800w/cats/t%20m.jpg.auto?v=0a1b2c3d")).toBe(
    "cats/t m.jpg",
  );
  expect(await of("/150x150/cats/tom.jpg")).toBe("cats/tom.jpg");
  expect(await of("http://127.0.0.1:4567/cats/150x150/tom.jpg")).toBe("cats/tom.jpg");
  expect(await of("/s/k1.0.abc/w=333,h=200,fit=cover/cats/tom.jpg.auto")).toBe("cats/tom.jpg");
  expect(await of("https://x.example/s/k1.0.abc/w=333,q=70/cats/100%2525.jpg.jpg")).toBe(
    "cats/100%.jpg",
  );
});

it("a key may be that of a source and look like that of a rendition", async () => {
  const [recipe] = RECIPES;
  if (recipe === undefined) return;
  const key = "thumb/cats/tom.jpg.webp";
  expect(await named(recipe, key, BUCKETS)).toEqual({ key, sourceOf: "cats/tom.jpg" });
  expect(await named(recipe, `s3://photos/${key}`, BUCKETS)).toEqual({ key });
  expect(await named(recipe, "http://127.0.0.1:4566/photos/a%20b.jpg", BUCKETS)).toEqual({
    key: "a b.jpg",
  });
  expect(await named(recipe, "cats/tom.jpg", BUCKETS)).toEqual({ key: "cats/tom.jpg" });
});

it.each([
  ["s3://photos", /names no object: write s3:\/\/photos\/KEY/],
  ["s3://other/cats/tom.jpg", /in neither bucket of the fleet: they are photos and renditions/],
  ["s3://renditions/old/tom.jpg", /neither a rendition nor a manifest by the recipe/],
  ["https://images.example.com/about", /no address of a rendition by the recipe/],
  ["https://[", /is no address/],
  ["ü".repeat(513), /is no key: it has 1026 bytes/],
  ["half \ud800", /is no key/],
])("%s is refused with the fix", async (text, message) => {
  const [recipe] = RECIPES;
  if (recipe === undefined) throw new Error("there is a recipe");
  await expect(named(recipe, text, BUCKETS)).rejects.toThrow(message);
});

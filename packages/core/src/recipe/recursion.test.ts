import fc from "fast-check";
import { expect, it } from "vitest";
import { manifestKey, renditionKey } from "../plan/index.ts";
import { defineRecipe } from "./define.ts";
import { whyNotASource } from "./filter.ts";
import { refuseRecursion } from "./recursion.ts";
import type { RecipeInput } from "./schema.ts";

const presets = { thumb: "150x150" };
const one = { sources: ["uploads", "photos"], renditions: "photos" };

function refused(recipe: Omit<RecipeInput, "presets">, buckets = one): string | undefined {
  try {
    refuseRecursion(defineRecipe({ ...recipe, presets }), buckets);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

it("lets renditions go to a bucket of their own, whatever the prefixes", () => {
  expect(refused({}, { sources: ["uploads"], renditions: "photos" })).toBeUndefined();
  expect(refused({}, { sources: [], renditions: "photos" })).toBeUndefined();
});

it("refuses outputs that would be sources again, naming fields, values and the fix", () => {
  const message = refused({ source: { suffixes: [".webp"] } });
  expect(message).toContain('output.prefix is "", source.prefix is ""');
  expect(message).toContain('source.suffixes is [".webp"]');
  expect(message).toContain('in the bucket "photos"');
  expect(message).toContain('the rendition "thumb" would be taken for a source again');
  expect(message).toContain('source: { prefix: "uploads/" }');
});

it("looks at manifests too", () => {
  const source = { prefix: "manifests/", suffixes: [".json"] };
  expect(refused({ source })).toContain("a manifest would be taken");
});

it.each([
  ["prefixes apart", { source: { prefix: "in/" }, output: { prefix: "out/" } }],
  ["other endings", { source: { suffixes: [".jpg", ".PNG"] } }],
  ["the preset's folder apart from the prefix", { source: { prefix: "uploads/" } }],
])("lets one bucket be where %s keep them apart", (_how, recipe) => {
  expect(refused(recipe)).toBeUndefined();
});

const part = fc.constantFrom("", "a", "a/", "ab/", "thumb/", "manifests/");
const suffixes = fc.constantFrom<string[]>([], [".jpg"], [".webp"], [".x.webp"], [".json"], ["p"]);
const template = fc.constantFrom(
  "{preset}/{path}.{ext}",
  "r/{path}/{preset}.{ext}",
  "{path}.{ext}",
);
const path = fc.constantFrom("a", "a/b", "x.jpg", "thumb/x", "x.x", "ab/x.json", "x.p");

it("lets nothing through of which an output could be a source", () => {
  fc.assert(
    fc.property(part, part, suffixes, template, path, (prefix, out, ends, key, name) => {
      const source = { prefix, suffixes: ends };
      const input = { source, output: { prefix: out, key } };
      fc.pre(refused(input) === undefined);
      const recipe = defineRecipe({ ...input, presets });
      const [preset] = recipe.presets;
      if (!preset) throw new Error("the recipe has no preset");
      const from = `${prefix}${name}`;
      expect(whyNotASource(recipe, renditionKey(recipe, preset, from))).toBeDefined();
      expect(whyNotASource(recipe, manifestKey(recipe, from))).toBeDefined();
    }),
  );
});

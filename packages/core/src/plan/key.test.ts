import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rejection } from "../outcome/index.ts";
import { defineRecipe, type Recipe } from "../recipe/index.ts";
import { manifestKey, renditionAt, renditionKey } from "./key.ts";

const recipes: readonly Recipe[] = [
  defineRecipe({ presets: { thumb: "150x", "thumb.png": "150x", card: "360x" } }),
  defineRecipe({
    output: { prefix: "out/", key: "r/{path}/{preset}.{ext}" },
    presets: { a: "9w" },
  }),
  defineRecipe({
    source: { prefix: "in/" },
    output: { key: "r/{path}/i-{preset}.{ext}" },
    presets: { a: "1w", "b.a": "2w", c: { size: "3w", format: "jpeg" } },
  }),
  defineRecipe({
    output: { key: "{ext}/{preset}/{path}" },
    presets: {
      a: { widths: [1, 12], formats: ["avif", "webp", "jpeg", "png", "gif"] },
      "a-1": { widths: [2] },
      "a-1w-1w": "3w",
      b: "1w",
    },
  }),
];

/** Segments that are awkward on purpose, and any text. */
const segment = fc.oneof(
  fc.constantFrom("", ".", "..", "...", "%2E", "%2F", "%", "a", "a.jpg", "thumb", "\u0000", "\\"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const anyKey = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
const anyRecipe = fc.constantFrom(...recipes);

describe("renditionKey", () => {
  it("gives no two pairs of source and preset, width and format among it, one key", () => {
    const pair = (recipe: Recipe) =>
      fc.record({ key: anyKey, preset: fc.constantFrom(...recipe.presets) });
    const pairs = anyRecipe.chain((recipe) =>
      fc.tuple(fc.constant(recipe), fc.array(pair(recipe), { minLength: 2, maxLength: 30 })),
    );
    fc.assert(
      fc.property(pairs, ([recipe, list]) => {
        const sources = new Map<string, string>();
        for (const { key, preset } of list) {
          // Every source begins with the prefix: the filter sees to it.
          const source = `${recipe.source.prefix}${key}`;
          const made = renditionKey(recipe, preset, source);
          const claimed = `${recipe.presets.indexOf(preset)} ${source}`;
          expect(sources.get(made) ?? claimed).toBe(claimed);
          sources.set(made, claimed);
        }
      }),
      { numRuns: 800 },
    );
  });

  it("never leaves its prefix and never holds what breaks a header or a terminal", () => {
    fc.assert(
      fc.property(anyRecipe, anyKey, (recipe, key) => {
        for (const preset of recipe.presets) {
          const made = renditionKey(recipe, preset, `${recipe.source.prefix}${key}`);
          const parts = made.split("/");
          expect(made.startsWith(recipe.output.prefix)).toBe(true);
          expect(made.startsWith("/")).toBe(false);
          expect(parts).not.toContain("..");
          expect(parts).not.toContain(".");
          expect(parts).not.toContain("");
          // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
          expect(made).not.toMatch(/[\u0000-\u001f\u007f\\]/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("is never a manifest's key", () => {
    fc.assert(
      fc.property(anyRecipe, anyKey, anyKey, (recipe, one, other) => {
        const { prefix } = recipe.source;
        const manifest = manifestKey(recipe, `${prefix}${other}`);
        for (const preset of recipe.presets) {
          expect(renditionKey(recipe, preset, `${prefix}${one}`)).not.toBe(manifest);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("reads as one would write it", () => {
    const [plain, , prefixed] = recipes;
    expect(plain?.presets.map((preset) => renditionKey(plain, preset, "cats/tom 1.jpg"))).toEqual([
      "thumb/cats/tom 1.jpg.webp",
      "thumb.png/cats/tom 1.jpg.webp",
      "card/cats/tom 1.jpg.webp",
    ]);
    expect(prefixed && manifestKey(prefixed, "in/cats/tom.jpg")).toBe(
      "manifests/cats/tom.jpg.json",
    );
  });

  it("rejects what would be longer than S3 takes, naming what to shorten", () => {
    const recipe = defineRecipe({ presets: { thumb: "150x" } });
    const [preset] = recipe.presets;
    const make = (key: string) => preset && renditionKey(recipe, preset, key);
    expect(make("ü".repeat(506))).toHaveLength(6 + 506 + 5);
    expect(() => make("ü".repeat(507))).toThrowError(
      new Rejection(
        "RecipeUnsatisfiable",
        "the key of the rendition \"thumb\" would be 1025 bytes and S3 takes 1024: shorten the source's key, output.prefix or the preset's name",
      ),
    );
  });
});

describe("renditionAt", () => {
  it("finds the preset and the source of every rendition", () => {
    const pair = anyRecipe.chain((recipe) =>
      fc.tuple(fc.constant(recipe), fc.constantFrom(...recipe.presets), anyKey),
    );
    fc.assert(
      fc.property(pair, ([recipe, preset, key]) => {
        const sourceKey = `${recipe.source.prefix}${key}`;
        const at = renditionAt(recipe, renditionKey(recipe, preset, sourceKey));
        expect(at).toEqual({ preset, sourceKey });
        expect(at?.preset).toBe(preset);
      }),
      { numRuns: 800 },
    );
  });

  it("finds none that would have another key, and none of a manifest", () => {
    fc.assert(
      fc.property(anyRecipe, anyKey, (recipe, key) => {
        const at = renditionAt(recipe, key);
        if (at !== undefined) expect(renditionKey(recipe, at.preset, at.sourceKey)).toBe(key);
        const sourceKey = `${recipe.source.prefix}${key}`;
        expect(renditionAt(recipe, manifestKey(recipe, sourceKey))).toBeUndefined();
      }),
      { numRuns: 800 },
    );
  });

  it.each([
    [1017, true],
    [1018, false],
    [5000, false],
  ])("finds a key of at most 1,024 bytes, with a path of %d", (bytes, isFound) => {
    // The key of the other preset of this source would be longer.
    const recipe = defineRecipe({ presets: { a: "1w", longer: "2w" } });
    const path = "x".repeat(bytes);
    expect(renditionAt(recipe, `a/${path}.webp`)?.sourceKey).toBe(isFound ? path : undefined);
  });
});

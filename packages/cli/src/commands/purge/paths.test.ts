import { addressPath, renditionKey } from "@imagefleet/core/plan";
import { defineRecipe, type Recipe } from "@imagefleet/core/recipe";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outputWarnings, pathsOf } from "./paths.ts";

const presets = () => ({
  thumb: "150x150",
  hero: { widths: [400, 800], formats: ["avif" as const, "webp" as const, "jpeg" as const] },
});
const recipes: Record<string, Recipe> = {
  shipped: defineRecipe({ presets: presets() }),
  "with prefixes and manifests": defineRecipe({
    source: { prefix: "in/" },
    output: { prefix: "img/" },
    delivery: { manifests: true },
    presets: presets(),
  }),
  "whose keys begin with the path": defineRecipe({
    output: { key: "img/{path}/{preset}.{ext}" },
    presets: presets(),
  }),
  "whose keys begin with the extension": defineRecipe({
    output: { key: "{ext}/v1.{preset}/{path}" },
    presets: presets(),
  }),
  "of one preset": defineRecipe({
    output: { key: "out/{path}.jpg" },
    presets: { only: { size: "1x1", format: "jpeg" } },
  }),
};

const part = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom(
    "",
    ".",
    "..",
    ".hidden",
    "%2F",
    "a~b",
    "x*y",
    "a b",
    "+",
    "ü",
    "🐱",
    "a@2x",
    "c:",
  ),
);
const path = fc
  .array(part, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join("/"))
  .filter((key) => key.isWellFormed() && !/^$|^[~*;:@=&+$,?]|[*/]$/.test(key));

/** Whether one of the paths names an address, with any query. */
function names(paths: readonly string[], address: string): boolean {
  return paths.some((each) => address.startsWith(each.slice(0, -1)));
}

describe.each(Object.entries(recipes))("of a recipe %s", (_name, recipe) => {
  it("every address of a source is named, by its key and by each of its prefixes", () => {
    fc.assert(
      fc.property(path, fc.nat(), fc.nat(), (rest, at, cut) => {
        const key = recipe.source.prefix + rest;
        const preset = recipe.presets[at % recipe.presets.length];
        if (preset === undefined || new TextEncoder().encode(key).length > 900) return;
        const address = addressPath(renditionKey(recipe, preset, key));
        const prefix = `${key.slice(0, cut % (key.length + 1))}*`;
        for (const target of [key, ...(prefix.isWellFormed() ? [prefix] : [])]) {
          const paths = pathsOf(recipe, [target]);
          expect(names(paths, address), `${target} → ${paths}`).toBe(true);
          expect(names(paths, `${address}?v=0a1b2c3d`)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("CloudFront takes every path: one wildcard, at the end, and nothing that it wants encoded", () => {
    fc.assert(
      fc.property(path, (rest) => {
        for (const each of pathsOf(recipe, [recipe.source.prefix + rest])) {
          expect(each).toMatch(/^\/[A-Za-z0-9/%._!'()-]*\*$/);
        }
      }),
    );
  });
});

const of = (name: string, ...targets: string[]) => {
  const recipe = recipes[name];
  return recipe ? pathsOf(recipe, targets) : [];
};

it("needs one path for each label of a key, and covers no other folder", () => {
  expect(of("shipped", "cats/tom.jpg")).toEqual([
    "/thumb/cats/tom.jpg.*",
    "/hero-400w/cats/tom.jpg.*",
    "/hero-800w/cats/tom.jpg.*",
  ]);
  expect(of("shipped", "cats/")).toEqual([
    "/thumb/cats/*",
    "/hero-400w/cats/*",
    "/hero-800w/cats/*",
  ]);
});

it("needs one path where keys begin with the path, and one for everything", () => {
  expect(of("whose keys begin with the path", "cats/tom.jpg", "dogs/")).toEqual([
    "/img/cats/tom.jpg/*",
    "/img/dogs/*",
  ]);
  expect(of("shipped", "*")).toEqual(["/*"]);
  expect(of("with prefixes and manifests", "i*")).toEqual(["/img/*"]);
});

it("leaves out what another path covers", () => {
  expect(of("shipped", "cats/tom.jpg", "cats/", "cats/a*")).toEqual(of("shipped", "cats/"));
});

it("also names the manifest where it is delivered", () => {
  expect(of("with prefixes and manifests", "in/a.jpg")).toContain("/img/manifests/a.jpg.json*");
});

it("also names all ad-hoc sizes, whose keys have the source's path last", () => {
  const adhoc = defineRecipe({
    output: { prefix: "img/" },
    delivery: { adhoc: {} },
    presets: { thumb: "150x150" },
  });
  const paths = ["/img/thumb/cats/tom.jpg.*", "/img/adhoc/*"];
  expect(pathsOf(adhoc, ["cats/tom.jpg"])).toEqual(paths);
  expect(pathsOf(adhoc, ["*"])).toEqual(["/img/*"]);
});

it("ends before a character whose form in an invalidation is not certain", () => {
  expect(of("of one preset", "cats/a@2x.jpg", "dogs/~b.jpg")).toEqual([
    "/out/cats/a*",
    "/out/dogs/*",
  ]);
});

it.each(["*x", "@a.jpg", "+", "~home/*"])("refuses %s, which only a path for all covers", (key) => {
  expect(() => of("shipped", "cats/", key)).toThrow(/all sources. If you want that, use \*$/);
});

it("refuses a key that cannot be a source's", () => {
  expect(() => of("with prefixes and manifests", "a.jpg")).toThrow(
    'a.jpg is no key of a source: they begin with "in/" (source.prefix of the recipe). For all sources, use in/*',
  );
});

it.each([
  ["shipped", "thumb/cats/tom.jpg.webp", "cats/tom.jpg"],
  ["shipped", "hero-400w/100%25.jpg.jpg", "100%.jpg"],
  ["shipped", "manifests/cats/tom.jpg.json", "cats/tom.jpg"],
  ["whose keys begin with the extension", "avif/v1.hero-800w/a.jpg", "a.jpg"],
])("of a recipe %s, warns that %s is the key of a rendition of %s", (name, key, source) => {
  expect(recipes[name] && outputWarnings(recipes[name], ["dogs/", key])).toEqual([
    `${key} looks like the key of a rendition or a manifest: to purge its source, name ${source}`,
  ]);
});

it("warns of no key that every source may have", () => {
  const flat = defineRecipe({
    output: { key: "{path}.{ext}" },
    presets: { only: { size: "1x1", format: "jpeg" } },
  });
  expect(outputWarnings(flat, ["cats/tom.jpg.jpg"])).toEqual([]);
  expect(outputWarnings(flat, ["thumb/", "thumb/*", "*"])).toEqual([]);
});

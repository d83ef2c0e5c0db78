import { manifestKey, renditionKey } from "@imagefleet/core/keys";
import { defineRecipe } from "@imagefleet/core/recipe";
import type { Recipe } from "@imagefleet/core/recipe-types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AddressManifest,
  type AddressWidthOptions,
  address,
  manifestAddress,
} from "./address.ts";
import { edgeOf } from "./edge.fixture.ts";
import { nextLoader } from "./next.ts";
import { picture } from "./picture.ts";
import { addressRecipe } from "./preset-addresses.ts";
import { unpicProvider } from "./unpic.ts";

const BASE = "https://images.example.com";
const ETAG = '"0a1b2c3d4e5f60718293a4b5c6d7e8f9"';

const recipe = defineRecipe({
  presets: {
    thumb: "150x150",
    hero: { widths: [400, 800, 1280], formats: ["avif", "jpeg"] },
    own: { format: "png" },
  },
});

/** Each shape of template that a recipe may have. */
const RECIPES: readonly Recipe[] = [
  recipe,
  defineRecipe({
    source: { prefix: "uploads/" },
    output: { prefix: "img/", key: "{ext}/v1.{preset}/{path}" },
    presets: { thumb: "150x150", hero: { widths: [20, 200], formats: ["avif", "gif"] } },
  }),
  defineRecipe({
    output: { key: "{preset}/{path}/{preset}.{ext}" },
    presets: { "hero-20w": "9x9", hero: { widths: [200, 2000], formats: ["avif", "webp"] } },
  }),
  defineRecipe({
    output: { key: "out/{path}.jpg" },
    presets: { thumb: { size: "150x150", format: "jpeg" } },
  }),
];

/** A manifest as the fleet writes it, of a source that is `width` px wide. */
function manifestOf(of: Recipe, key: string, width = 9999, etag = ETAG): AddressManifest {
  const names = new Set(of.presets.map(({ name }) => name));
  const srcset = [...names].map((name) => {
    const presets = of.presets.filter((preset) => preset.name === name);
    const widest = presets.find((each) => (each.width ?? 0) >= width)?.width ?? width;
    const files = presets
      .filter((each) => each.responsive === undefined || (each.width ?? 0) <= widest)
      .map((each) => ({
        key: renditionKey(of, each, key),
        width: Math.min(each.width ?? width, width),
        height: 10,
        type: `image/${each.format}`,
      }));
    return [name, files] as const;
  });
  return { source: { key, etag }, srcset: Object.fromEntries(srcset) };
}

const anyRecipe = fc.constantFrom(...RECIPES.map((of) => [of, edgeOf(of)] as const));
/** Also what a URL, a `srcset`, a style and a key each mean something else by. */
const anyKey = fc
  .array(
    fc.oneof(
      fc.constantFrom(..." +%#?&=,;:'\"()[]{}<>\\/.ü€", "🙂", "%2F", "{path}", "..", "//", "\n"),
      fc.string({ minLength: 1, maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(""));

describe("address", () => {
  it.each([
    ["a key", "cats/tom.jpg", {}, "/hero-1280w/cats/tom.jpg.auto"],
    ["a base", "tom.jpg", { base: BASE }, `${BASE}/hero-1280w/tom.jpg.auto`],
    ["a base with a folder", "a", { base: `${BASE}/x/` }, `${BASE}/x/hero-1280w/a.auto`],
    ["a width that exists", "a.jpg", { width: 400 }, "/hero-400w/a.jpg.auto"],
    ["a width between two", "a.jpg", { width: 401 }, "/hero-800w/a.jpg.auto"],
    ["a width beyond all", "a.jpg", { width: 4000 }, "/hero-1280w/a.jpg.auto"],
    ["characters of URLs", "a b+ü%.jpg", {}, "/hero-1280w/a%20b%2B%C3%BC%2525.jpg.auto"],
    ["a query and a fragment", "a?v=1#2", {}, "/hero-1280w/a%3Fv%3D1%232.auto"],
    ["an emoji", "🙂.jpg", {}, "/hero-1280w/%F0%9F%99%82.jpg.auto"],
    ["what ends a url()", "it's (1).jpg", {}, "/hero-1280w/it%27s%20%281%29.jpg.auto"],
  ])("has %s", (_case, key, options, expected) => {
    expect(address(recipe, "hero", key, options)).toBe(expected);
  });

  it("has the version of a manifest's content, and can do without", () => {
    const manifest = manifestOf(recipe, "a.jpg");
    expect(address(recipe, "thumb", manifest)).toBe("/thumb/a.jpg.auto?v=0a1b2c3d");
    expect(address(recipe, "thumb", manifest, { version: false })).toBe("/thumb/a.jpg.auto");
  });

  it.each(["", '""', '"0a1b2c3"', '"0A1B2C3D4E5F60718293A4B5C6D7E8F9"', '"etag-12345678"'])(
    "has no version of the ETag %j",
    (etag) => {
      expect(address(recipe, "thumb", manifestOf(recipe, "a", 200, etag))).toBe("/thumb/a.auto");
    },
  );

  it("has only widths that a manifest has", () => {
    const narrow = manifestOf(recipe, "a.jpg", 600);
    const options = { version: false };
    expect(address(recipe, "hero", narrow, options)).toBe("/hero-800w/a.jpg.auto");
    expect(address(recipe, "hero", narrow, { ...options, width: 601 })).toBe(
      "/hero-800w/a.jpg.auto",
    );
    expect(address(recipe, "hero", narrow, { ...options, width: 400 })).toBe(
      "/hero-400w/a.jpg.auto",
    );
  });

  it("is undefined where the manifest has no such rendition", () => {
    const source = { key: "a.jpg" };
    expect(address(recipe, "hero", { source })).toBeUndefined();
    expect(address(recipe, "hero", { source, srcset: { hero: [] } })).toBeUndefined();
    expect(address(recipe, "hero", { source, removed: true })).toBeUndefined();
  });

  it.each<[string, AddressWidthOptions, string]>([
    ["a", { width: 0 }, "width is 0: write a number of px above 0, or leave it out"],
    ["a", { width: Number.NaN }, "width is NaN: write a number of px above 0"],
    ["a", { width: -1 }, "width is -1: write a number of px above 0"],
    ["", {}, 'the source\'s key is "": pass the key of an upload, such as "cats/tom.jpg"'],
    ["a", { base: "x.example/" }, 'base is "x.example/": begin it with https:// or /'],
    ["a", { base: "localhost:4567" }, 'base is "localhost:4567": begin it with https:// or /'],
  ])("refuses the key %j with %j", (key, options, message) => {
    expect(() => address(recipe, "hero", key, options)).toThrow(message);
    expect(() => address(recipe, "hero", manifestOf(recipe, key), options)).toThrow(message);
  });

  it.each(["", "/", "/img", "//cdn.example", "./img", "http://[::1]:4567"])(
    "takes the base %j",
    (base) => {
      expect(address(recipe, "thumb", "a", { base })).toBe(
        `${base.replace(/\/$/, "")}/thumb/a.auto`,
      );
    },
  );

  it("names the presets of the recipe for a wrong name, which does not compile", () => {
    // @ts-expect-error: the preset is misspelt.
    expect(() => address(recipe, "heroo", "a.jpg")).toThrow(
      'the recipe has no preset "heroo": use one of thumb, hero, own',
    );
  });
});

describe("at the edge", () => {
  it("address leads to the best format of its key, with its version", () => {
    fc.assert(
      fc.property(
        anyRecipe,
        anyKey,
        fc.integer({ min: 1, max: 3000 }),
        ([of, edge], key, width) => {
          for (const preset of of.presets) {
            const manifest = manifestOf(of, key);
            const got = edge(
              address(of, preset.name, manifest, { base: BASE, width }) ?? "",
              `image/${preset.format}`,
            );
            const label = got && labelOf(of, preset.name, key, got.key);
            expect(got).toEqual({ key: expect.any(String), version: "0a1b2c3d" });
            expect(label?.format).toBe(preset.format);
            if (preset.responsive) expect(label?.width).toBe(nearest(of, preset.name, width));
          }
        },
      ),
    );
  });

  it("each address of picture() is that of a key in the manifest", () => {
    fc.assert(
      fc.property(anyRecipe, anyKey, ([of, edge], key) => {
        const manifest = manifestOf(of, key);
        for (const [name, files] of Object.entries(manifest.srcset ?? {})) {
          const data = picture(manifest, name, { base: BASE });
          const lists = [...(data?.sources ?? []), data?.img].map(
            (each) => each?.srcset ?? data?.img.src ?? "",
          );
          const got = lists.flatMap((list) =>
            list.split(", ").map((each) => edge(each.replace(/ \d+w$/, ""))),
          );
          const sorted = files.map((file) => file.key).toSorted();
          expect(got.map((each) => each?.key).toSorted()).toEqual(sorted);
          expect(new Set(got.map((each) => each?.version))).toEqual(new Set(["0a1b2c3d"]));
        }
      }),
    );
  });

  it("a width that a framework makes up leads to one that the source has", () => {
    const frameworkWidth = fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constant(0));
    fc.assert(
      fc.property(
        anyRecipe,
        anyKey,
        fc.integer({ min: 10, max: 3000 }),
        frameworkWidth,
        ([of, edge], key, sourceWidth, width) => {
          const manifest = manifestOf(of, key, sourceWidth);
          const slim = addressRecipe(of);
          const loader = nextLoader(slim, { base: BASE });
          const { transform } = unpicProvider(slim, { base: BASE });
          for (const [name, files] of Object.entries(manifest.srcset ?? {})) {
            const src = address(of, name, manifest, { base: BASE }) ?? "";
            const loaded = loader({ src, width });
            expect(transform(src, { width })).toBe(loaded);
            const got = edge(loaded);
            expect(files.map((file) => file.key)).toContain(got?.key);
            expect(got?.version).toBe("0a1b2c3d");
          }
        },
      ),
    );
  });
});

it("the edge lets the address of a manifest through", () => {
  const of = defineRecipe({ delivery: { manifests: true }, presets: { thumb: "150x150" } });
  const edge = edgeOf(of);
  fc.assert(
    fc.property(anyKey, (key) => {
      expect(edge(manifestAddress(of, key, BASE))?.key).toBe(manifestKey(of, key));
    }),
  );
  expect(manifestAddress(of, "a b.jpg")).toBe("/manifests/a%20b.jpg.json");
  expect(() => manifestAddress(of, "")).toThrow('the source\'s key is ""');
});

describe("the part of a recipe that addresses need", () => {
  it("is plain data, and gives the same addresses", () => {
    const slim = JSON.parse(JSON.stringify(addressRecipe(recipe)));
    expect(slim).toEqual({
      output: { prefix: "", key: "{preset}/{path}.{ext}" },
      presets: expect.arrayContaining([
        { name: "hero", responsive: true, width: 400, format: "avif" },
        { name: "own", format: "png" },
      ]),
    });
    const src = address(recipe, "hero", "a.jpg", { base: BASE });
    expect(nextLoader(slim, { base: BASE })({ src, width: 500 })).toBe(
      `${BASE}/hero-800w/a.jpg.auto`,
    );
  });
});

describe("nextLoader", () => {
  const loader = nextLoader(recipe, { base: BASE });

  it.each([
    [0, 400],
    [400, 400],
    [401, 800],
    [3840, 1280],
  ])("takes for %i px the width %i", (width, expected) => {
    expect(loader({ src: `${BASE}/hero-1280w/a.jpg.auto?v=0a1b2c3d`, width })).toBe(
      `${BASE}/hero-${expected}w/a.jpg.auto?v=0a1b2c3d`,
    );
  });

  it("takes no width beyond that of the address, which is the source's widest", () => {
    expect(loader({ src: `${BASE}/hero-800w/a.jpg.auto`, width: 3840 })).toBe(
      `${BASE}/hero-800w/a.jpg.auto`,
    );
  });

  it.each([
    "/logo.svg",
    "/hero-800w/a.jpg.auto",
    `${BASE.replace("images", "photos")}/hero-800w/a.jpg.auto`,
    `${BASE}.evil.example/hero-800w/a.jpg.auto`,
    `${BASE}/large/a.jpg.auto`,
    `${BASE}/hero-801w/a.jpg.auto`,
    `${BASE}/hero-800w/a.jpg.webp`,
    `${BASE}/hero-800w/%E0%A4%A.auto`,
    `${BASE}/${manifestKey(recipe, "a.jpg")}`,
    `${BASE}/thumb/a.jpg.auto`,
  ])("leaves %s as it is", (src) => {
    expect(loader({ src, width: 400 })).toBe(src);
  });
});

describe("unpicProvider", () => {
  const { transform, generate, extract } = unpicProvider(recipe, { base: BASE });
  const src = `${BASE}/hero-1280w/a.jpg.auto?v=0a1b2c3d`;

  it.each([
    [{ width: 300 }, "hero-400w/a.jpg.auto"],
    [{ width: "300", height: 20, quality: 5 }, "hero-400w/a.jpg.auto"],
    [{}, "hero-1280w/a.jpg.auto"],
    [{ width: "wide" }, "hero-1280w/a.jpg.auto"],
    [{ format: "avif" }, "hero-1280w/a.jpg.avif"],
    [{ format: "jpeg", width: 800 }, "hero-800w/a.jpg.jpg"],
    [{ format: "jpg" }, "hero-1280w/a.jpg.jpg"],
    [{ format: "webp" }, "hero-1280w/a.jpg.auto"],
  ])("makes of %j %s", (operations, expected) => {
    expect(transform(new URL(src), operations)).toBe(`${BASE}/${expected}?v=0a1b2c3d`);
  });

  it.each([
    [`${BASE}/hero-800w/a.jpg.auto`, { width: 800, format: "auto" }],
    [`${BASE}/hero-800w/a.jpg.jpg?v=0a1b2c3d`, { width: 800, format: "jpeg" }],
    [`${BASE}/own/a.jpg.png`, { format: "png" }],
  ])("reads %s, and generates it again", (url, operations) => {
    const got = extract(url);
    expect(got).toEqual({ src: url, operations, options: { base: BASE } });
    expect(got && generate(got.src, got.operations)).toBe(url);
  });

  it("extracts nothing from other addresses, and leaves them as they are", () => {
    expect(extract("https://other.example.com/hero-800w/a.jpg.auto")).toBeNull();
    expect(transform("/logo.svg", { width: 20 })).toBe("/logo.svg");
  });
});

/** The preset whose rendition of a source has a key. */
function labelOf(of: Recipe, name: string, source: string, key: string) {
  return of.presets.find((each) => each.name === name && renditionKey(of, each, source) === key);
}

/** The narrowest width of a preset that is at least as wide, else the widest. */
function nearest(of: Recipe, name: string, width: number): number | undefined {
  const widths = of.presets.flatMap((each) => (each.name === name ? (each.width ?? []) : []));
  return widths.toSorted((a, b) => a - b).find((each) => each >= width) ?? Math.max(...widths);
}

import { describe, expect, it } from "vitest";
import { defineRecipe, parseRecipe } from "./define.ts";
import { RecipeError } from "./error.ts";

function faults(input: unknown): readonly string[] {
  try {
    parseRecipe(input);
  } catch (error) {
    if (error instanceof RecipeError) return error.faults;
    throw error;
  }
  return [];
}

const forms = '"360x270", "640w", "480h", "150x" or "x150"';

describe("defineRecipe", () => {
  it("makes every choice that was left open", () => {
    expect(defineRecipe({ presets: { thumb: "150x150" } })).toEqual({
      source: { prefix: "", suffixes: [] },
      output: {
        prefix: "",
        key: "{preset}/{path}.{ext}",
        cacheControl: "public, max-age=86400, stale-while-revalidate=604800",
      },
      limits: { bytes: 8 * 1024 ** 3, pixels: 2_000_000_000 },
      lanes: { smallBytes: 20 * 1024 ** 2 },
      presets: [
        {
          name: "thumb",
          width: 150,
          height: 150,
          fit: "inside",
          format: "webp",
          quality: 78,
          enlarge: false,
          background: "#ffffff",
        },
      ],
    });
  });

  it("keeps the order and the choices of presets", () => {
    const { presets } = defineRecipe({
      presets: {
        wide: { width: 1200, format: "jpeg" },
        box: { size: "20x10", fit: "contain", background: "#AABBCC", quality: 1, enlarge: true },
        full: { format: "avif" },
      },
    });
    expect(presets).toMatchObject([
      { name: "wide", width: 1200, format: "jpeg", quality: 80 },
      { name: "box", width: 20, height: 10, fit: "contain", background: "#aabbcc", enlarge: true },
      { name: "full", format: "avif", quality: 55 },
    ]);
    expect(presets[0]).not.toHaveProperty("height");
    expect(presets[2]).not.toHaveProperty("width");
  });

  it("gives a recipe that nobody changes, and knows it again", () => {
    const recipe = defineRecipe({ presets: { a: "1w" } });
    expect(parseRecipe(recipe)).toBe(recipe);
    expect(Object.isFrozen(recipe)).toBe(true);
    expect(Object.isFrozen(recipe.presets[0])).toBe(true);
  });
});

describe("a fault names the field, the value and the fix", () => {
  const preset = (value: unknown) => ({ presets: { a: value } });
  const more = (value: object) => ({ presets: { a: "1w" }, ...value });

  it.each<[unknown, string]>([
    [undefined, "the recipe is undefined: write an object"],
    [preset([]), "presets.a is a list: write an object"],
    [more({ limits: [] }), "limits is a list: write an object"],
    ["150x", 'the recipe is "150x": write an object'],
    [{}, 'presets is missing: write presets: { thumb: "150x150", … }'],
    [{ presets: {} }, 'presets is empty: write at least one, thumb: "150x150"'],
    [{ presets: "150x" }, 'presets is "150x": write presets: { thumb: "150x150", … }'],
    [preset("150"), `presets.a is "150": write a size as ${forms}`],
    [preset("0x10"), 'presets.a is "0x10": each side must be from 1 to 16383 px'],
    [preset("16384h"), 'presets.a is "16384h": each side must be from 1 to 16383 px'],
    [
      preset(150),
      `presets.a is 150: write a size (${forms}) or an object such as { size: "640w", format: "webp" }`,
    ],
    [
      { presets: { "a/b": "1w" } },
      "presets.a/b is no name for a preset: use 1 to 64 of a-z, 0-9, - _ and . inside, beginning with a letter or digit",
    ],
    [preset({ size: "150" }), `presets.a.size is "150": write a size as ${forms}`],
    [preset({ width: "150" }), 'presets.a.width is "150": write a number of px'],
    [preset({ width: 1.5 }), "presets.a.width is 1.5: write a whole number of px"],
    [preset({ height: 0 }), "presets.a.height is 0: write a number of px from 1 to 16383"],
    [
      preset({ width: 16384 }),
      "presets.a.width is 16384: write a number of px from 1 to 16383 (WebP's own limit)",
    ],
    [
      preset({ size: "1w", height: 2 }),
      "presets.a has a size and a width or height: keep one of the two",
    ],
    [
      preset({ size: "1w", fit: "cover" }),
      'presets.a.fit is "cover": that needs a width and a height',
    ],
    [
      preset({ size: "1x1", fit: "crop" }),
      'presets.a.fit is "crop": use one of inside, cover, contain, fill, outside',
    ],
    [preset({ format: "jpg" }), 'presets.a.format is "jpg": use one of jpeg, png, webp, avif'],
    [preset({ quality: 101 }), "presets.a.quality is 101: write a whole number from 1 to 100"],
    [preset({ quality: 80.5 }), "presets.a.quality is 80.5: write a whole number from 1 to 100"],
    [preset({ enlarge: "yes" }), 'presets.a.enlarge is "yes": write true or false'],
    [
      preset({ background: "white" }),
      'presets.a.background is "white": write a colour as "#rrggbb", for example "#ffffff"',
    ],
    [preset({ widht: 5 }), 'presets.a.widht is not a field here: did you mean "width"?'],
    [
      preset({ colourspace: 5 }),
      "presets.a.colourspace is not a field here: the fields are size, width, height, fit, enlarge, format, quality, background",
    ],
    [more({ outptu: {} }), 'outptu is not a field here: did you mean "output"?'],
    [more({ output: { keey: "" } }), 'output.keey is not a field here: did you mean "key"?'],
    [more({ output: 5 }), "output is 5: write an object"],
    [more({ source: { prefix: 5 } }), "source.prefix is 5: write a text"],
    [
      more({ source: { suffixes: ".jpg" } }),
      'source.suffixes is ".jpg": write a list such as [".jpg", ".png"]',
    ],
    [
      more({ limits: { bytes: 0 } }),
      "limits.bytes is 0: write a whole number from 1 to 9007199254740991",
    ],
    [
      more({ lanes: { smallBytes: 2 ** 31 } }),
      "lanes.smallBytes is 2147483648: write a whole number from 1 to 1073741824",
    ],
    [
      more({ output: { prefix: "/out/" } }),
      'output.prefix is "/out/": write it without a leading "/", "." and ".."',
    ],
    [
      more({ output: { prefix: "out/../x" } }),
      'output.prefix is "out/../x": write it without a leading "/", "." and ".."',
    ],
  ])("%j", (input, message) => {
    expect(faults(input)).toEqual([message]);
  });

  it("and all of them come at once", () => {
    const input = { presets: { a: "150", b: { format: "x", quality: 0 } }, foo: 1 };
    expect(faults(input)).toEqual([
      `presets.a is "150": write a size as ${forms}`,
      'presets.b.format is "x": use one of jpeg, png, webp, avif',
      "presets.b.quality is 0: write a whole number from 1 to 100",
      "foo is not a field here: the fields are source, output, limits, lanes, presets",
    ]);
    expect(() => parseRecipe(input)).toThrow(
      /^The recipe cannot be used, 4 faults:\n {2}- presets\.a is/,
    );
  });
});

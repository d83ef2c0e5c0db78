import { describe, expect, it, vi } from "vitest";
import { defineRecipe, parseRecipe } from "./define.ts";
import { RecipeError } from "./error.ts";
import { presetLabel } from "./recipe.ts";

function issues(input: unknown): readonly string[] {
  try {
    parseRecipe(input);
  } catch (error) {
    if (error instanceof RecipeError) return error.issues;
    throw error;
  }
  return [];
}

const forms = '"360x270", "640w", "480h", "150x" or "x150"';

describe("defineRecipe", () => {
  it("makes every choice that was left open", () => {
    expect(defineRecipe({ presets: { thumb: "150x150" } })).toEqual({
      source: { prefix: "", suffixes: [], heic: true, svg: false, damaged: "reject" },
      output: {
        prefix: "",
        key: "{preset}/{path}.{ext}",
        cacheControl: "public, max-age=86400, stale-while-revalidate=604800",
      },
      limits: {
        bytes: 8 * 1024 ** 3,
        pixels: 2_000_000_000,
        pages: 10_000,
        seconds: 300,
      },
      lanes: { smallBytes: 20 * 1024 ** 2 },
      presets: [
        {
          name: "thumb",
          width: 150,
          height: 150,
          fit: "inside",
          format: "webp",
          quality: 86,
          effort: 2,
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
      { name: "full", format: "avif", quality: 65 },
    ]);
    expect(presets[0]).not.toHaveProperty("height");
    expect(presets[2]).not.toHaveProperty("width");
  });

  it("makes of each format and width a file of its own", () => {
    const { presets } = defineRecipe({
      presets: {
        hero: { size: "16x9", fit: "cover", widths: [640, 320], formats: ["avif", "jpeg"] },
        all: { formats: ["jpeg", "png", "webp", "avif", "gif"], quality: { avif: 40 }, effort: 5 },
      },
    });
    expect(
      presets.map((one) => [presetLabel(one), one.format, one.width, one.height, one.quality]),
    ).toEqual([
      ["hero-320w", "avif", 320, 180, 65],
      ["hero-640w", "avif", 640, 360, 65],
      ["hero-320w", "jpeg", 320, 180, 80],
      ["hero-640w", "jpeg", 640, 360, 80],
      ["all", "jpeg", undefined, undefined, 80],
      ["all", "png", undefined, undefined, 100],
      ["all", "webp", undefined, undefined, 86],
      ["all", "avif", undefined, undefined, 40],
      ["all", "gif", undefined, undefined, 100],
    ]);
    expect(presets.map(({ effort }) => effort)).toEqual([
      0,
      0,
      undefined,
      undefined,
      undefined,
      undefined,
      5,
      5,
      5,
    ]);
  });

  it("keeps a preset that is called as a method of every object is", () => {
    const names = ["tostring", "valueof", "hasownproperty"];
    const { presets } = defineRecipe({
      presets: Object.fromEntries(names.map((name) => [name, "1w"])),
    });
    expect(presets.map(({ name }) => name)).toEqual(names);
  });

  it("says of a preset that it is made on request, and nothing of one that is made at the upload", () => {
    const { presets } = defineRecipe({
      presets: {
        a: { size: "1w", when: "upload" },
        b: { widths: [1, 2], formats: ["webp", "jpeg"], when: "request" },
        c: { size: "1w", formats: ["avif", "jpeg"], when: { jpeg: "request" } },
      },
    });
    expect(presets.map(({ when }) => when)).toEqual([
      undefined,
      ...Array(4).fill("request"),
      undefined,
      "request",
    ]);
    expect(presets[0]).not.toHaveProperty("when");
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
      "presets.a/b is not a preset name: use 1 to 64 of a-z, 0-9, - _ and . inside, starting with a letter or digit",
    ],
    ...["__proto__", "constructor", "prototype"].map((name): [unknown, string] => [
      { presets: { ok: "1w", [name]: "1w" } },
      `presets.${name} is a name that JavaScript reserves: rename it`,
    ]),
    [
      { presets: { ok: "1w", __proto__: { size: "1w" } } },
      "presets.__proto__ is a name that JavaScript reserves: rename it",
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
    [
      preset({ size: "1w", when: "never" }),
      'presets.a.when is "never": use one of upload, request',
    ],
    [
      { presets: { a: { size: "1w", when: "request" }, b: { widths: [1, 2], when: "request" } } },
      'presets are all made on request: leave out when: "request" in at least one, a small one',
    ],
    [preset({ format: "jpg" }), 'presets.a.format is "jpg": use one of jpeg, png, webp, avif, gif'],
    [preset({ quality: 101 }), "presets.a.quality is 101: write a whole number from 1 to 100"],
    [preset({ quality: 80.5 }), "presets.a.quality is 80.5: write a whole number from 1 to 100"],
    [preset({ enlarge: "yes" }), 'presets.a.enlarge is "yes": write true or false'],
    [
      preset({ background: "white" }),
      'presets.a.background is "white": write a color as "#rrggbb", for example "#ffffff"',
    ],
    [
      preset({ formats: "avif" }),
      'presets.a.formats is "avif": write a list such as ["avif", "webp", "jpeg"]',
    ],
    [
      preset({ formats: [] }),
      'presets.a.formats is empty: write a list such as ["avif", "webp", "jpeg"]',
    ],
    [
      preset({ formats: ["webp", "jpg"] }),
      'presets.a.formats.1 is "jpg": use one of jpeg, png, webp, avif, gif',
    ],
    [
      preset({ formats: ["webp", "webp"] }),
      'presets.a.formats is ["webp","webp"]: a format is listed twice; keep one',
    ],
    [
      preset({ format: "webp", formats: ["webp"] }),
      "presets.a has a format and formats: keep one of the two",
    ],
    [
      preset({ widths: 320 }),
      "presets.a.widths is 320: write a list of px such as [320, 640, 1280]",
    ],
    [preset({ widths: [0] }), "presets.a.widths.0 is 0: write a number of px from 1 to 16383"],
    [
      preset({ widths: [320, 320] }),
      "presets.a.widths is [320,320]: a width is listed twice; keep one",
    ],
    [
      preset({ widths: Array.from({ length: 17 }, (_, at) => at + 1) }),
      "presets.a.widths has 17: write at most 16",
    ],
    [
      preset({ widths: [320], size: "640w" }),
      'presets.a has widths and one side: leave the side out, or write a box for the proportions, size: "16x9"',
    ],
    [
      { presets: { a: { widths: [640] }, "a-640w": "9w" } },
      "presets.a-640w is also the name of a at one of presets.a.widths: rename one of the two",
    ],
    [
      { output: { key: "{preset}/{path}" }, presets: { a: { formats: ["avif", "webp"] } } },
      'output.key is "{preset}/{path}": without {ext} two formats of one preset would have the same key; add it',
    ],
    [
      { output: { key: "r/{path}.{ext}" }, presets: { a: { widths: [1, 2] } } },
      'output.key is "r/{path}.{ext}": without {preset} two widths would have the same key; add it',
    ],
    [
      preset({ quality: { avif: 0 } }),
      "presets.a.quality.avif is 0: write a whole number from 1 to 100",
    ],
    [
      preset({ formats: ["avif", "webp"], quality: { wepb: 50 } }),
      'presets.a.quality.wepb is not a field here: did you mean "webp"?',
    ],
    [
      preset({ quality: { avif: 50 } }),
      "presets.a.quality.avif is for a format that this preset does not make: add the format or remove this",
    ],
    [preset({ effort: 7 }), "presets.a.effort is 7: webp takes 0 to 6"],
    [
      preset({ format: "jpeg", effort: 4 }),
      "presets.a.effort is 4: JPEG has mozjpeg: true instead, PNG has effort with palette: true",
    ],
    [preset({ mozjpeg: true }), "presets.a.mozjpeg is true: that needs the format jpeg"],
    [preset({ palette: true }), "presets.a.palette is true: that needs the format png"],
    [
      preset({ format: "avif", animated: true }),
      "presets.a.animated is true: that needs the format webp or gif",
    ],
    [
      preset({ size: "9x9", gravity: "north" }),
      'presets.a.gravity is "north": that needs fit: "cover" or "contain"',
    ],
    [
      preset({ size: "9x9", fit: "contain", gravity: "entropy" }),
      'presets.a.gravity is "entropy": that needs fit: "cover"',
    ],
    [
      preset({ size: "9x9", fit: "cover", focus: { x: 2, y: 0 } }),
      "presets.a.focus.x is 2: write a number from 0 to 1",
    ],
    [
      preset({ size: "9x9", fit: "cover", focus: { x: 1 } }),
      "presets.a.focus.y is missing: write a number from 0 to 1",
    ],
    [preset({ size: "9x9", focus: { x: 1, y: 1 } }), 'presets.a.focus needs fit: "cover"'],
    [preset({ color: "p4" }), 'presets.a.color is "p4": use one of srgb, p3'],
    [preset({ keep: ["ext"] }), 'presets.a.keep.0 is "ext": use one of icc, copyright, exif, gps'],
    [preset({ keep: "icc" }), 'presets.a.keep is "icc": write a list such as ["copyright", "icc"]'],
    [preset({ widht: 5 }), 'presets.a.widht is not a field here: did you mean "width"?'],
    [
      preset({ format: "webp", when: { jpeg: "request" } }),
      "presets.a.when.jpeg is for a format that this preset does not make: add the format or remove this",
    ],
    [
      preset({ format: "webp", when: { webp: "later" } }),
      'presets.a.when.webp is "later": use one of upload, request',
    ],
    [
      preset({ format: "avif", encoding: "by-content" }),
      'presets.a.encoding is "by-content": that needs the format webp or png or jpeg',
    ],
    [
      preset({ format: "png", palette: true, encoding: "by-content" }),
      'presets.a has palette: true and encoding: "by-content": keep one of the two',
    ],
    [
      preset({ colorspace: 5 }),
      "presets.a.colorspace is not a field here: the fields are size, width, height, widths, fit, gravity, focus, enlarge, format, formats, quality, effort, mozjpeg, palette, encoding, animated, fallback, background, color, keep, when",
    ],
    [more({ delivery: true }), "delivery is true: write an object"],
    [more({ delivery: { adhoc: [] } }), "delivery.adhoc is a list: write an object"],
    [
      { delivery: { adhoc: {} }, output: { prefix: "s/" }, presets: { a: "1w" } },
      'output.prefix is "s/": with delivery.adhoc, "s/" and "adhoc/" are for signed sizes; begin with another folder or rename the preset',
    ],
    [more({ delivery: { classic: "yes" } }), 'delivery.classic is "yes": write true or false'],
    [
      more({ delivery: { clasic: true } }),
      'delivery.clasic is not a field here: did you mean "classic"?',
    ],
    [
      { delivery: { classic: true }, presets: { "360x270": "360x270", a: "150x" } },
      "delivery.classic is true: presets.360x270 is named as a size, which classic addresses have in that place; rename it",
    ],
    [
      more({ delivery: { adhoc: { maxHight: 5 } } }),
      'delivery.adhoc.maxHight is not a field here: did you mean "maxHeight"?',
    ],
    [
      more({ delivery: { adhoc: { maxWidth: 0 } } }),
      "delivery.adhoc.maxWidth is 0: write a whole number from 1 to 16383",
    ],
    [
      more({ delivery: { adhoc: { formats: [] } } }),
      'delivery.adhoc.formats is empty: write a list such as ["avif", "webp", "jpeg"]',
    ],
    [
      more({ delivery: { adhoc: { formats: ["heic"] } } }),
      'delivery.adhoc.formats.0 is "heic": use one of jpeg, png, webp, avif, gif',
    ],
    [more({ delivery: { manifests: 1 } }), "delivery.manifests is 1: write true or false"],
    ...[{ presets: { s: "1w" } }, { presets: { adhoc: "1w" } }].map((value): [unknown, string] => [
      { delivery: { adhoc: {} }, ...value },
      'output.key is "{preset}/{path}.{ext}": with delivery.adhoc, "s/" and "adhoc/" are for signed sizes; begin with another folder or rename the preset',
    ]),
    [
      more({ delivery: { adhoc: {} }, output: { key: "{path}.{ext}" } }),
      'output.key is "{path}.{ext}": with delivery.adhoc, "s/" and "adhoc/" are for signed sizes; begin with another folder or rename the preset',
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
    expect(issues(input)).toEqual([message]);
  });

  it("and all of them come at once", () => {
    const input = { presets: { a: "150", b: { format: "x", quality: 0 } }, foo: 1 };
    expect(issues(input)).toEqual([
      `presets.a is "150": write a size as ${forms}`,
      'presets.b.format is "x": use one of jpeg, png, webp, avif, gif',
      "presets.b.quality is 0: write a whole number from 1 to 100",
      "foo is not a field here: the fields are source, output, limits, lanes, delivery, presets",
    ]);
    expect(() => parseRecipe(input)).toThrow(
      /^The recipe cannot be used. It has 4 issues:\n {2}- presets\.a is/,
    );
  });
});

it("takes what another copy of itself has defined: a recipe that was bundled brings its own", async () => {
  vi.resetModules();
  const copy = await import("./define.ts");
  const defined = copy.defineRecipe({ presets: { thumb: "150x150" } });
  expect(copy.parseRecipe).not.toBe(parseRecipe);
  expect(parseRecipe(defined)).toBe(defined);
});

import { readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec } from "../index.ts";
import {
  BLACK_AND_WHITE,
  CONTAINERS,
  colorsOf,
  farthest,
  fileOf,
  grays,
  INKS,
  pictureOf,
  pixelsOf,
  type Quadrants,
  quadrants,
  RGB,
  rendered,
  WHOLE,
} from "../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const GRAY: Quadrants = [[20], [90], [160], [240]];
const GRAY_AS_RGB = grays(20, 90, 160, 240);
const HALF_CLEAR: Quadrants = [
  [...RGB[0], 255],
  [...RGB[1], 128],
  [...RGB[2], 0],
  [...RGB[3], 255],
];
const ON_BLUE: Quadrants = [RGB[0], [45, 141, 106], [51, 102, 153], RGB[3]];
const background = "#336699";

describe("a source's colors", () => {
  const gray = () => quadrants(GRAY).toColorspace("b-w");
  const clear = () => quadrants(HALF_CLEAR);
  const cases: readonly (readonly [string, () => Sharp, Quadrants, number])[] = [
    ...CONTAINERS.map(
      ([name, store]) => [`${name}, RGB`, () => store(quadrants(RGB)), RGB, 16] as const,
    ),
    ["gif, palette", () => quadrants(RGB).gif({ dither: 0 }), RGB, 8],
    ["png, palette", () => quadrants(RGB).png({ palette: true, dither: 0 }), RGB, 8],
    ["jpeg, gray", () => gray().jpeg({ quality: 95 }), GRAY_AS_RGB, 3],
    ["png, gray", () => gray().png(), GRAY_AS_RGB, 3],
    ["tiff, gray", () => gray().tiff(), GRAY_AS_RGB, 3],
    [
      "tiff, 1 bit",
      () =>
        quadrants([[0], [255], [255], [0]])
          .toColorspace("b-w")
          .tiff({ bitdepth: 1 }),
      BLACK_AND_WHITE,
      3,
    ],
    ["png, 16 bit", () => quadrants(RGB).toColorspace("rgb16").png(), RGB, 3],
    ["png, 16 bit gray", () => quadrants(GRAY).toColorspace("grey16").png(), GRAY_AS_RGB, 3],
    ["tiff, 16 bit", () => quadrants(RGB).toColorspace("rgb16").tiff(), RGB, 3],
    ["avif, 10 bit", () => quadrants(RGB).avif({ quality: 90, effort: 0, bitdepth: 10 }), RGB, 12],
    ["jpeg, CMYK", () => quadrants(INKS).toColorspace("cmyk").jpeg({ quality: 95 }), INKS, 12],
    [
      "tiff, CMYK",
      () => quadrants(INKS).toColorspace("cmyk").tiff({ compression: "lzw" }),
      INKS,
      12,
    ],
    ["png, RGBA", () => clear().png(), ON_BLUE, 3],
    ["webp, RGBA", () => clear().webp({ quality: 95 }), ON_BLUE, 16],
    ["tiff, RGBA", () => clear().tiff({ compression: "lzw" }), ON_BLUE, 3],
    ["avif, RGBA", () => clear().avif({ quality: 90, effort: 0 }), ON_BLUE, 12],
    [
      "png, gray and alpha",
      () =>
        quadrants([
          [20, 255],
          [90, 128],
          [160, 0],
          [240, 255],
        ])
          .toColorspace("b-w")
          .png(),
      [
        [20, 20, 20],
        [70, 96, 121],
        [51, 102, 153],
        [240, 240, 240],
      ],
      3,
    ],
  ];

  it.each(cases)("are shown as JPEG on a background: %s", async (_name, source, wanted, near) => {
    const presets = {
      whole: { format: "jpeg", quality: 100, background },
      half: { size: "48w", format: "jpeg", quality: 100, background },
    } as const;
    for (const memoryBytes of [Infinity, 1]) {
      const made = await rendered(await source().toBuffer(), presets, memoryBytes);
      for (const name of ["whole", "half"]) {
        const found = await pictureOf(made, name);
        expect(found.channels).toBe(3);
        expect(farthest(colorsOf(found), wanted)).toBeLessThan(near + 4);
      }
    }
  });

  it.each(["png", "webp", "avif"] as const)("keep their transparency in %s", async (format) => {
    const source = await quadrants(HALF_CLEAR).png().toBuffer();
    const made = await rendered(source, { half: { size: "48w", format, quality: 95, background } });
    const found = colorsOf(await pictureOf(made, "half"));
    expect(found.map(([, , , alpha]) => alpha)).toEqual([255, 128, 0, 255]);
    expect(Math.abs((found[1][1] ?? 0) - 180)).toBeLessThan(16);
  });

  it("are converted to sRGB without a profile", async () => {
    // The red of Display P3 is outside sRGB. A color inside both has different samples in each.
    const source = await quadrants(RGB)
      .withIccProfile("p3")
      .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const file = fileOf(await rendered(source, WHOLE), "whole");
    expect(farthest(colorsOf(await pixelsOf(file)), RGB)).toBeLessThan(8);
    expect(await sharp(file).metadata()).toMatchObject({ hasProfile: false });
  });

  it("are rendered without EXIF, XMP and location", async () => {
    const source = await quadrants(RGB)
      .withExif({ IFD0: { Artist: "somebody" }, IFD3: { GPSLatitude: "52/1 31/1 0/1" } })
      .withXmp("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
      .jpeg()
      .toBuffer();
    for (const format of ["jpeg", "png", "webp", "avif"] as const) {
      const file = fileOf(await rendered(source, { whole: { format } }), "whole");
      const found = await sharp(file).metadata();
      expect([found.exif, found.xmp, found.icc]).toEqual([undefined, undefined, undefined]);
      expect(file.includes("somebody")).toBe(false);
    }
  });

  it("are those of the base image of a JPEG with an HDR gain map", async () => {
    const source = await readFile(new URL("../formats/jpeg/gain-map.fixture.jpg", import.meta.url));
    // The second image, and the standard that specifies its purpose.
    expect(source.includes("urn:iso:std:iso:ts:21496")).toBe(true);
    const made = await rendered(source, { half: { size: "48w", format: "png" } });
    expect(made.get("half")).toMatchObject({ width: 48, height: 32 });
  });
});

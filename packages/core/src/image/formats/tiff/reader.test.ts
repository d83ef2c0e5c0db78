import { describe, expect, it } from "vitest";
import { probe } from "../../index.ts";
import { rules } from "../../pictures.fixture.ts";
import { samplesOf } from "./colors.fixture.ts";
import { type Layout, TYPES, tiffOf } from "./written.fixture.ts";

const { short } = TYPES;

const compressed = (method: number) =>
  ({ photometric: "rgb", tags: [[259, short, [method]]] }) as const;
const colored = (photometric: number) =>
  ({ photometric: "rgb", tags: [[262, short, [photometric]]] }) as const;
/** Samples of a TIFF format number. */
const sampled = (format: number, bits: number): Layout => ({
  photometric: "black",
  tags: [
    [258, short, [bits]],
    [339, short, [format]],
  ],
});

describe("an unsupported TIFF is rejected by name", () => {
  it.each<[string, Layout]>([
    ["a TIFF compressed with old-style JPEG", compressed(6)],
    ["a TIFF compressed with JBIG", compressed(34661)],
    ["a TIFF compressed with JPEG 2000", compressed(34712)],
    ["a TIFF compressed with LERC", compressed(34887)],
    ["a TIFF compressed with LZMA", compressed(34925)],
    ["a TIFF compressed with ZSTD", compressed(50000)],
    ["a TIFF compressed with JPEG XL", compressed(50002)],
    ["a TIFF compressed with method 12345", compressed(12345)],
    ["a TIFF of ITULAB samples", colored(10)],
    ["a TIFF of camera sensor (CFA) samples", colored(32803)],
    ["a TIFF of LogLuv samples", colored(32845)],
    ["a TIFF of color space 777 samples", colored(777)],
    ["a TIFF in inks other than CMYK", { photometric: "cmyk", tags: [[332, short, [2]]] }],
    ["a TIFF of signed samples", sampled(2, 32)],
    ["a TIFF of float samples", sampled(3, 32)],
    ["a TIFF of float samples", sampled(3, 64)],
    ["a TIFF of complex samples", sampled(6, 64)],
    ["a TIFF of 32 bit samples", sampled(1, 32)],
    ["a TIFF of 12 bit samples", { photometric: "black", bits: 12 }],
    [
      "a TIFF of 5, 6, 5 bit samples beside each other",
      { photometric: "rgb", tags: [[258, short, [5, 6, 5]]] },
    ],
    [
      "a TIFF of 8 bit CIELAB samples in JPEG",
      { photometric: "cielab", tags: [[259, short, [7]]] },
    ],
    ["a TIFF of 4 bit RGB samples", { photometric: "rgb", bits: 4 }],
    [
      "a TIFF of 8 bit RGB samples and 70 more",
      { photometric: "rgb", extras: Array.from({ length: 70 }, () => 0 as const) },
    ],
    [
      "a TIFF of 8 bit YCbCr samples at part of the resolution",
      { photometric: "ycbcr", tags: [[530, short, [2, 2]]] },
    ],
    ...[
      [529, TYPES.rational, [2126, 7152, 722].flatMap((share) => [share, 10000])] as const,
      [532, TYPES.rational, [16, 235, 128, 240, 128, 240].flatMap((code) => [code, 1])] as const,
    ].map((tag): [string, Layout] => [
      "a TIFF of 8 bit YCbCr samples in JPEG, with a conversion to RGB other than JFIF's",
      { photometric: "ycbcr", compression: "jpeg", tags: [tag] },
    ]),
    [
      "a TIFF of 8 bit gray samples and 1 more in JPEG, in tiles",
      { photometric: "black", extras: [2], tile: [32, 16], tags: [[259, short, [7]]] },
    ],
  ])("%s", async (what, layout) => {
    for (const more of [{}, { tile: [32, 16] as const }, { bigEndian: true as const }]) {
      const bytes = tiffOf({ ...layout, ...more }, samplesOf(layout));
      await expect(probe({ kind: "bytes", bytes }, rules(1e6))).rejects.toMatchObject({
        reason: "SourceUnsupported",
        message: `the source is ${what}, which is not supported: convert it`,
      });
    }
  });
});

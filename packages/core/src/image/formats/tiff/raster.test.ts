import type { Sharp } from "sharp";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec, probe } from "../../index.ts";
import {
  animationOf,
  colorsOf,
  farthest,
  INKS,
  pictureOf,
  type Quadrants,
  quadrants,
  RGB,
  rendered,
  rules,
  WHOLE,
} from "../../pictures.fixture.ts";
import { emptyTiff } from "./raster.ts";

beforeAll(() => configureCodec({ threads: 2 }));

async function expectQuadrants(file: Buffer, near: number, wanted: Quadrants = RGB): Promise<void> {
  for (const memoryBytes of [Infinity, 1]) {
    const found = await pictureOf(await rendered(file, WHOLE, memoryBytes), "whole");
    expect([found.width, found.height]).toEqual([96, 64]);
    expect(farthest(colorsOf(found), wanted)).toBeLessThan(near);
  }
}

const picture = () => quadrants(RGB);

describe("a TIFF that libtiff wrote", () => {
  it.each<[string, Sharp, number, Quadrants?]>([
    ["uncompressed", picture().tiff({ compression: "none" }), 1],
    ["LZW", picture().tiff({ compression: "lzw", predictor: "horizontal" }), 1],
    ["deflate", picture().tiff({ compression: "deflate" }), 1],
    ["packbits", picture().tiff({ compression: "packbits" }), 1],
    ["JPEG", picture().tiff({ compression: "jpeg", quality: 95 }), 16],
    [
      "JPEG in tiles",
      picture().tiff({
        compression: "jpeg",
        quality: 95,
        tile: true,
        tileWidth: 32,
        tileHeight: 16,
      }),
      16,
    ],
    [
      "JPEG, CMYK",
      quadrants(INKS).toColorspace("cmyk").tiff({ compression: "jpeg", quality: 95 }),
      16,
      INKS,
    ],
    ["tiled", picture().tiff({ tile: true, tileWidth: 32, tileHeight: 16, compression: "lzw" }), 1],
    ["a pyramid", picture().tiff({ tile: true, pyramid: true, compression: "deflate" }), 1],
    ["BigTIFF", picture().tiff({ bigtiff: true, compression: "lzw" }), 1],
  ])("%s", async (_name, source, near, wanted) => {
    await expectQuadrants(await source.toBuffer(), near, wanted);
  });

  it("with several pages gives the first", async () => {
    const pages = await animationOf(picture(), picture().negate(), picture().negate());
    const file = await pages.tiff({ compression: "lzw" }).toBuffer();
    const info = await probe({ kind: "bytes", bytes: file }, rules(1e6));
    expect(info).toMatchObject({ pages: 3, width: 96, height: 64 });
    await expectQuadrants(file, 1);
  });
});

describe("emptyTiff", () => {
  it.each([
    [1, 1, 3],
    [5, 64, 3],
    [7, 130, 4],
  ] as const)(
    "of %i x %i px in %i channels contains the pixels that are written into it",
    async (width, height, channels) => {
      const { file, pixels } = emptyTiff({ width, height, channels });
      for (const at of pixels.keys()) pixels[at] = (at * 37) % 251;
      const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      expect(info).toMatchObject({ width, height, channels });
      expect(data.equals(pixels)).toBe(true);
    },
  );

  it("contains a profile", async () => {
    const { icc = Buffer.of() } = await sharp(
      await picture().withIccProfile("p3").png().toBuffer(),
    ).metadata();
    const { file } = emptyTiff({ width: 9, height: 9, channels: 3, icc });
    expect((await sharp(file).metadata()).icc).toEqual(icc);
  });
});

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type TiffPage, writeTiff } from "./tiff.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "imagefleet-tiff-"));
});
afterAll(() => rm(dir, { recursive: true }));

it("writes RGB strips that a decoder reads back, the last one short", async () => {
  const pixels = Buffer.from(Array.from({ length: 5 * 7 * 3 }, (_, at) => (at * 37) % 256));
  const row = 5 * 3;
  const strips = [0, 2, 4, 6].map((top) => pixels.subarray(top * row, (top + 2) * row));
  const path = join(dir, "rgb.tif");
  const page = { width: 5, height: 7, channels: 3, rowsPerStrip: 2 } as const;
  await writeTiff(path, [{ ...page, compression: "none", strips }]);
  expect(await sharp(path).raw().toBuffer()).toEqual(pixels);
});

it("chains pages", async () => {
  const path = join(dir, "pages.tif");
  const page = (gray: number): TiffPage => ({
    width: 4,
    height: 3,
    channels: 1,
    rowsPerStrip: 3,
    compression: "deflate",
    strips: [deflateSync(Buffer.alloc(12, gray))],
  });
  await writeTiff(path, [page(10), page(20), page(30)]);
  expect(await sharp(path).metadata()).toMatchObject({ pages: 3, width: 4, height: 3 });
  const last = await sharp(path, { page: 2 }).toColorspace("b-w").raw().toBuffer();
  expect([...new Set(last)]).toEqual([30]);
});

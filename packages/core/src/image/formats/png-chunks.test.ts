import { beforeAll, expect, it } from "vitest";
import { cicp, numbersOf, png } from "../color/stored.fixture.ts";
import { chunk, withChunks } from "../containers.fixture.ts";
import { withByteReader } from "../decode/byte-reader.ts";
import { configureCodec, probe } from "../index.ts";
import {
  detailed,
  farthest,
  fileOf,
  pixelsOf,
  quadrants,
  RGB,
  rendered,
  rules,
  shownColors,
  WHOLE,
} from "../pictures.fixture.ts";
import { exifBomb } from "./exif/bomb.fixture.ts";
import { exifOfOrientation } from "./exif/cost.ts";
import { withLimitedExif } from "./exif/limited.ts";
import { pngChunks } from "./png-chunks.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const text = chunk("tEXt", Buffer.from("Comment\0nothing"));
const texts = (count: number) => Array.from({ length: count }, () => text);
const eXIf = (block: Buffer) => chunk("eXIf", block);

const chunksOf = (bytes: Buffer) => withByteReader({ kind: "bytes", bytes }, pngChunks);

/** The same pixels in chunks of one byte, followed by another chunk. */
function scattered(file: Buffer, behind: Buffer): Buffer {
  const [from, to] = [file.indexOf("IDAT") - 4, file.indexOf("IEND") - 4];
  const pieces: Buffer[] = [];
  for (let at = from; at < to; at += 12 + file.readUInt32BE(at)) {
    const data = file.subarray(at + 8, at + 8 + file.readUInt32BE(at));
    for (const byte of data) pieces.push(chunk("IDAT", [byte]));
  }
  expect(pieces.length).toBeGreaterThan(10_000);
  return Buffer.concat([file.subarray(0, from), ...pieces, behind, file.subarray(to)]);
}

it("reads colors and orientation from the last of 1000 chunks before the pixels", async () => {
  const plain = await png(numbersOf(RGB, "Display P3", "sRGB"), 8, undefined);
  const last = [cicp("Display P3", "sRGB"), eXIf(exifOfOrientation(3))];
  const before = (await chunksOf(plain)).length + last.length;
  const file = withChunks(plain, ...texts(1000 - before), ...last);
  expect(await chunksOf(file)).toHaveLength(1000);
  for (const memoryBytes of [Infinity, 1]) {
    const [a, b, c, d] = RGB;
    expect(farthest(await shownColors(file, memoryBytes), [d, c, b, a])).toBeLessThanOrEqual(4);
  }
});

it("rejects a PNG with more than 1000 chunks before the pixels", async () => {
  const bytes = withChunks(await quadrants(RGB).png().toBuffer(), ...texts(1000));
  const input = { kind: "bytes", bytes } as const;
  const rejection = {
    reason: "SourceUnsupported",
    message:
      "the source is a PNG with more than 1000 chunks before its pixels, which is not supported: convert it",
  };
  await expect(probe(input, rules(1e6))).rejects.toMatchObject(rejection);
  await expect(
    withLimitedExif(input, { format: "png", exifLimited: true }, async () => "passed"),
  ).rejects.toMatchObject(rejection);
});

it("accepts pixels in any number of chunks and reads only one of them", async () => {
  const picture = await detailed(160, 120).png().toBuffer();
  const file = scattered(picture, eXIf(exifBomb(6, 2600, 2600)));
  let reads = 0;
  const read = async (from: number, length: number) => {
    reads += 1;
    return file.subarray(from, from + length);
  };
  const chunks = await pngChunks({ bytes: file.length, read });
  expect(chunks.map(({ type }) => type)).not.toContain("IDAT");
  expect(reads).toBe(chunks.length + 1);

  // The codec does not read EXIF after the pixels, so it neither fails nor applies.
  const input = { kind: "bytes", bytes: file } as const;
  await withLimitedExif(input, { format: "png", exifLimited: true }, async (passed) =>
    expect(passed).toBe(input),
  );
  expect(await probe(input, rules(1e6))).toMatchObject({ width: 160, height: 120, orientation: 1 });
  const made = fileOf(await rendered(file, WHOLE), "whole");
  expect((await pixelsOf(made)).data.equals((await pixelsOf(picture)).data)).toBe(true);
});

it("rejects zeros in place of chunks as damage", async () => {
  const file = await quadrants(RGB).png().toBuffer();
  file.fill(0, 33);
  const bytes = Buffer.concat([file, Buffer.alloc(64 * 1024)]);
  await expect(probe({ kind: "bytes", bytes }, rules(1e6))).rejects.toMatchObject({
    reason: "SourceCorrupt",
  });
});

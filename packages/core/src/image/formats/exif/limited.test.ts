import { readFile, stat } from "node:fs/promises";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec, type ImageInput, probe } from "../../index.ts";
import { INPUT_KINDS, inputOf } from "../../inputs.fixture.ts";
import {
  colorsOf,
  farthest,
  fileOf,
  pixelsOf,
  quadrants,
  RGB,
  rendered,
  rules,
} from "../../pictures.fixture.ts";
import { exifBomb, withExif } from "./bomb.fixture.ts";
import { exifCost, exifOfOrientation } from "./cost.ts";
import { withLimitedExif } from "./limited.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const bytesOf = async (input: ImageInput) =>
  input.kind === "bytes" ? Buffer.from(input.bytes) : readFile(input.path);

const FORMATS = ["jpeg", "png", "webp", "avif"] as const;
const BOMBS = [
  ["pointers to one directory", () => exifBomb(6, 2600, 2600)],
  ["pointers within one directory", () => exifBomb(6, 2, 1000, 0x8825)],
  ["a few pointers in each of several directories", () => exifBomb(6, 3, 40, 0x8825)],
  ["big-endian pointers", () => exifBomb(6, 2600, 2600, 0, "MM")],
] as const;

describe.each(FORMATS)("%s with EXIF that takes long to read", (format) => {
  describe.each(BOMBS)("%s", (_kind, bomb) => {
    it.each(INPUT_KINDS)("is reduced to its orientation, from %s", async (kind) => {
      const source = await withExif(format, bomb());
      const input = await inputOf(kind, source);
      const orientation = format === "avif" ? undefined : 6;
      await withLimitedExif(input, { format, exifLimited: true }, async (passed) => {
        expect(passed).not.toBe(input);
        const passedBytes = await bytesOf(passed);
        expect(passedBytes.length).toBe(source.length);
        const { exif, orientation: turn } = await sharp(passedBytes).metadata();
        expect(turn).toBe(orientation);
        if (format === "avif") return expect(exif).toBeUndefined();
        const from = exif?.toString("latin1", 0, 4) === "Exif" ? 6 : 0;
        expect(exif?.subarray(from, from + 26)).toEqual(exifOfOrientation(6));
        if (passed.kind === "file") await expect(stat(passed.path)).resolves.toBeDefined();
      });
      expect(await probe(input, rules(1e6))).toMatchObject({ exifLimited: true });
      const made = fileOf(await rendered(input, { a: { format: "png" } }), "a");
      const found = colorsOf(await pixelsOf(made));
      // Turned to the right: the left side becomes the top.
      const turned = [RGB[2], RGB[0], RGB[3], RGB[1]] as const;
      expect(farthest(found, format === "avif" ? RGB : turned)).toBeLessThan(16);
      expect(await bytesOf(input)).toEqual(source);
    });
  });

  it("keeps the EXIF of a camera unchanged", async () => {
    const camera = await quadrants(RGB)
      .withExif({
        IFD0: { Copyright: "me", Make: "Maker", Model: "Nine", Orientation: "6" },
        IFD2: { DateTimeOriginal: "2026:03:01 10:20:30", ExposureTime: "1/125" },
        IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 12/1" },
      })
      .toFormat(format)
      .toBuffer();
    const input = { kind: "bytes", bytes: camera } as const;
    await withLimitedExif(input, { format, exifLimited: true }, async (passed) =>
      expect(passed).toBe(input),
    );
    expect(await probe(input, rules(1e6))).not.toHaveProperty("exifLimited");
  });
});

it("the probe reports the size of EXIF in bytes", async () => {
  const bytes = await withExif("webp", exifBomb(1, 2, 100));
  const probed = (file: Buffer) => probe({ kind: "bytes", bytes: file }, rules(1e6));
  expect(await probed(bytes)).toMatchObject({ exifBytes: exifBomb(1, 2, 100).length });
  expect(await probed(await quadrants(RGB).webp().toBuffer())).not.toHaveProperty("exifBytes");
});

describe("a PNG with reduced EXIF", () => {
  it("has a valid checksum", async () => {
    const source = await withExif("png", exifBomb(3, 2600, 2600));
    await withLimitedExif(
      { kind: "bytes", bytes: source },
      { format: "png", exifLimited: true },
      async (passed) => {
        const bytes = await bytesOf(passed);
        const at = bytes.indexOf("eXIf");
        const length = bytes.readUInt32BE(at - 4);
        expect(bytes.readUInt32BE(at + 4 + length)).toBe(
          crc32(bytes.subarray(at, at + 4 + length)),
        );
      },
    );
  });
});

describe("exifCost", () => {
  it("accepts typical EXIF and rejects directories that are read repeatedly", async () => {
    expect(exifCost(exifOfOrientation(8))).toEqual({ withinLimits: true, orientation: 8 });
    expect(exifCost(exifBomb(3, 2, 100))).toEqual({ withinLimits: true, orientation: 3 });
    expect(exifCost(exifBomb(3, 2, 1000))).toEqual({ withinLimits: false, orientation: 3 });
    expect(exifCost(exifBomb(3, 9, 2)).withinLimits).toBe(false);
  });

  it("rejects values that exceed the block several times in total", () => {
    const block = exifBomb(1, 2, 100);
    const first = 8 + 2 + 2 * 12 + 4 + 2;
    for (let at = 0; at < 100; at++) {
      block.writeUInt16LE(2, first + at * 12 + 2);
      block.writeUInt32LE(block.length - 8, first + at * 12 + 4);
    }
    expect(exifCost(block).withinLimits).toBe(false);
  });

  it("terminates for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, little) => {
        const block = Buffer.concat([Buffer.from(little ? "II*\0" : "MM\0*", "latin1"), bytes]);
        const { orientation } = exifCost(block);
        expect(orientation).toBeGreaterThanOrEqual(1);
        expect(orientation).toBeLessThanOrEqual(8);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rejection } from "../../../outcome/index.ts";
import type { ByteReader } from "../../decode/byte-reader.ts";
import { probe } from "../../index.ts";
import { rules } from "../../pictures.fixture.ts";
import { samplesOf } from "./colors.fixture.ts";
import { fullPicture } from "./full-picture.ts";
import { TYPES, tiffOf, writtenTiff } from "./written.fixture.ts";

/** The work of reading a file's directories. */
async function taken(file: Buffer, pages = 10_000) {
  let [reads, bytes] = [0, 0];
  const reader: ByteReader = {
    bytes: file.length,
    async read(from, length) {
      const part = file.subarray(from, from + length);
      reads += 1;
      bytes += part.length;
      return part;
    },
  };
  const found = await fullPicture(reader, pages).catch((error: unknown) => error);
  return { reads, bytes, found };
}

const { short, long, undefined: blob } = TYPES;
const KB = 1024;

/** A little-endian TIFF that has only directories, each at its given offset. */
function directories(
  bytes: number,
  all: readonly {
    at: number;
    entries: readonly (readonly [tag: number, type: number, count: number, value: number])[];
    next: number;
  }[],
): Buffer {
  const file = Buffer.alloc(bytes);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(all[0]?.at ?? 0, 4);
  for (const { at, entries, next } of all) {
    file.writeUInt16LE(entries.length, at);
    for (const [index, [tag, type, count, value]] of entries.entries()) {
      const start = at + 2 + index * 12;
      file.writeUInt16LE(tag, start);
      file.writeUInt16LE(type, start + 2);
      file.writeUInt32LE(count, start + 4);
      file.writeUInt32LE(value, start + 8);
    }
    file.writeUInt32LE(next, at + 2 + entries.length * 12);
  }
  return file;
}

const REDUCED = [
  [254, long, 1, 1],
  [256, short, 1, 4],
  [257, short, 1, 4],
  [262, short, 1, 1],
] as const;

/** A number of consecutive directories from the start of a file. */
function chain(
  count: number,
  entries: Parameters<typeof directories>[1][number]["entries"],
  bytes: number,
) {
  const length = 2 + entries.length * 12 + 4;
  return directories(
    bytes,
    Array.from({ length: count }, (_, index) => ({
      at: 8 + index * length,
      entries,
      next: index + 1 < count ? 8 + (index + 1) * length : 0,
    })),
  );
}

function withSubIfds(at: number): Buffer {
  const values = 64 * KB - 256;
  const file = chain(900, [[330, long, 64, values], ...REDUCED], 64 * KB);
  for (let index = 0; index < 64; index++) file.writeUInt32LE(at, values + index * 4);
  return file;
}

describe("directories that are crafted to take long", () => {
  it.each<[string, Buffer]>([
    [
      "thousands that each point to the whole file",
      chain(900, [[34675, blob, 60 * KB, 8], ...REDUCED], 64 * KB),
    ],
    [
      "tags that each point to the whole file",
      chain(
        1,
        Array.from({ length: 4000 }, (_, tag) => [40_000 + tag, blob, 60 * KB, 8] as const),
        64 * KB,
      ),
    ],
    ["thousands with one tag", chain(3500, [[254, long, 1, 1]], 64 * KB)],
    [
      "thousands of unknown tags",
      chain(
        1,
        Array.from({ length: 4000 }, (_, tag) => [40_000 + tag, short, 1, 1] as const),
        64 * KB,
      ),
    ],
    ["pages that share sixty-four SubIFDs", withSubIfds(8)],
    ["pages with sixty-four invalid SubIFDs", withSubIfds(5)],
  ])("%s", async (_name, bytes) => {
    const { reads, bytes: read } = await taken(bytes);
    expect(reads).toBeLessThan(20_000);
    expect(read).toBeLessThan(4 * 1024 * KB);
    await expect(probe({ kind: "bytes", bytes }, rules(1e6))).rejects.toMatchObject({
      reason: "SourceUnsupported",
      message: expect.stringContaining("directories take far more work than a file of its size"),
    });
  });

  it("a tag with four billion values is ignored", async () => {
    const layout = { photometric: "rgb", tags: [[40_000, long, [1, 2]]] } as const;
    const bytes = tiffOf(layout, samplesOf(layout));
    const entry = bytes.indexOf(Buffer.from([0x40, 0x9c, 4, 0, 2, 0, 0, 0]));
    bytes.writeUInt32LE(2 ** 32 - 1, entry + 4);
    expect((await taken(bytes)).bytes).toBeLessThan(KB);
    const info = await probe({ kind: "bytes", bytes }, rules(1e6));
    expect(info).toMatchObject({ width: 96, height: 64 });
  });

  it("a directory that is its own next page is read once", async () => {
    const file = directories(KB, [{ at: 8, entries: REDUCED, next: 8 }]);
    expect((await taken(file)).reads).toBeLessThan(8);
  });

  it("pages beyond the limit are not read", async () => {
    const file = chain(5000, [...REDUCED, ...REDUCED], 5000 * 102 + 8);
    expect((await taken(file, 10)).reads).toBeLessThan(40);
    await expect(
      probe(
        { kind: "bytes", bytes: file },
        { ...rules(1e6), limits: { ...rules(1e6).limits, pages: 9 } },
      ),
    ).rejects.toMatchObject({
      reason: "SourceTooLarge",
      message: "the source has more pages than limits.pages, 9",
    });
  });

  it("a profile that twenty pages share is accepted", async () => {
    const file = chain(20, [[34675, blob, 100 * KB, 200 * KB], ...REDUCED], 300 * KB);
    const { bytes, found } = await taken(file);
    expect(found).toMatchObject({ page: 0, pages: 20 });
    expect(bytes).toBeLessThan(100 * KB);
  });
});

describe("damaged directories", () => {
  it("give an image or a rejection after a bounded number of reads", async () => {
    const layout = { photometric: "rgb", extras: [0, 0], bits: 16 } as const;
    const under = [{ layout: { ...layout, subfile: 1 }, samples: samplesOf(layout) }];
    const sound = writtenTiff({ layout, samples: samplesOf(layout), under });
    const start = sound.length - 600;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 599 }), fc.integer({ min: 0, max: 255 })), {
          minLength: 1,
          maxLength: 12,
        }),
        async (changes) => {
          const bytes = Buffer.from(sound);
          for (const [at, value] of changes) bytes[start + at] = value;
          const { reads } = await taken(bytes);
          expect(reads).toBeLessThan(20_000);
          const found = await probe({ kind: "bytes", bytes }, rules(1e6)).catch(
            (error: unknown) => error,
          );
          if (found instanceof Error) expect(found).toBeInstanceOf(Rejection);
          else expect(found).toMatchObject({ format: "tiff" });
        },
      ),
      { numRuns: 300 },
    );
  });
});

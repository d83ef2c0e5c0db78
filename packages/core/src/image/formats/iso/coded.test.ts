import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { withByteReader } from "../../decode/byte-reader.ts";
import { configureCodec } from "../../index.ts";
import { rendered } from "../../pictures.fixture.ts";
import { exifBomb, withExif } from "../exif/bomb.fixture.ts";
import { heicOf, TILE, tile } from "../heic/grid/mux.fixture.ts";
import { circular, tiled } from "./bombs.fixture.ts";
import { codedPixels } from "./coded.ts";
import { isoFile } from "./picture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const fixture = (name: string) =>
  readFile(new URL(`../heic/${name}.fixture.heic`, import.meta.url));

function avif(side: number, channels: 3 | 4 = 3): Promise<Buffer> {
  const background = { r: 200, g: 40, b: 40, alpha: 0.5 };
  return sharp({ create: { width: side, height: side, channels, background } })
    .avif({ effort: 0 })
    .toBuffer();
}

async function codedIn(bytes: Buffer) {
  const file = await withByteReader({ kind: "bytes", bytes }, isoFile);
  return file && codedPixels(file);
}

describe("the px that are decoded for an image", () => {
  it("include its own and those of its alpha", async () => {
    expect(await codedIn(await avif(80))).toEqual({ all: 6400, largest: 6400 });
    expect(await codedIn(await avif(80, 4))).toEqual({ all: 12_800, largest: 6400 });
    expect(await codedIn(await fixture("plain"))).toEqual({ all: 6144, largest: 6144 });
    expect(await codedIn(await fixture("alpha"))).toEqual({ all: 12_288, largest: 6144 });
  });

  it("include each tile as often as it is used and no thumbnail", async () => {
    const tiles = [tile(0), tile(1), tile(2), tile(3), tile(4), tile(5)];
    const grid = { tiles, columns: 3, rows: 2, width: 1500, height: 1000, thumbnail: tile(0) };
    expect(await codedIn(heicOf(grid))).toEqual({ all: 6 * TILE ** 2, largest: TILE ** 2 });
    expect(await codedIn(await tiled(await avif(64), 16, 1024))).toEqual({
      all: 256 * 4096,
      largest: 4096,
    });
  });

  it("are unknown for a cycle of items", async () => {
    expect(await codedIn(await circular(await avif(64)))).toBeUndefined();
  });
});

describe("a description that readers may interpret differently", () => {
  const cases: readonly (readonly [string, (file: Buffer) => Buffer])[] = [
    ["a reference that reaches beyond its box", (file) => longer(file, "dimg", 0x7f_00_00_00)],
    ["an item that does", (file) => longer(file, "infe", 0x100)],
    ["a property that does", (file) => longer(file, "ispe", 0x1000)],
    ["a second one", (file) => Buffer.concat([file, boxOf(file, "meta")])],
    ["more than a thousand boxes", (file) => Buffer.concat([file, Buffer.alloc(8000, EMPTY)])],
    ["no size of a part", (file) => file.fill("x", ...placeOf(file, "ispe", 0, 4))],
  ];

  it.each(cases)("%s", async (_name, change) => {
    const sound = await tiled(await avif(64), 2, 128);
    expect((await rendered(sound, { a: "20w" })).size).toBe(1);
    await expect(rendered(change(Buffer.from(sound)), { a: "20w" })).rejects.toMatchObject({
      reason: "SourceCorrupt",
      message: expect.stringContaining("the description of its images is damaged"),
    });
  });
});

it.each([
  ["a box beyond the one around it", 0, Buffer.of(0, 0, 1)],
  ["the number of another item", 12, Buffer.of(0, 1)],
] as const)("EXIF is not hidden by %s", async (_name, from, bytes) => {
  const sound = await withExif("avif", exifBomb(1, 2, 100));
  expect((await rendered(sound, { a: "20w" })).size).toBe(1);
  const file = Buffer.from(sound);
  file.set(bytes, file.lastIndexOf("infe", undefined, "latin1") - 4 + from);
  await expect(rendered(file, { a: "20w" })).rejects.toMatchObject({
    reason: "SourceCorrupt",
    message: expect.stringContaining("the description of its images is damaged"),
  });
});

const EMPTY = Buffer.from("\0\0\0\x08free", "latin1");

/** Bytes of the first box with a name, counted from the name. */
function placeOf(file: Buffer, name: string, from: number, to: number): [number, number] {
  const at = file.indexOf(name, 0, "latin1");
  return [at + from, at + to];
}

function longer(file: Buffer, name: string, bytes: number): Buffer {
  const [at] = placeOf(file, name, -4, 0);
  file.writeUInt32BE(file.readUInt32BE(at) + bytes, at);
  return file;
}

function boxOf(file: Buffer, name: string): Buffer {
  const [at] = placeOf(file, name, -4, 0);
  return file.subarray(at, at + file.readUInt32BE(at));
}

describe.each([
  ["avif", () => avif(TILE)],
  ["heic", () => fixture("grid/tile-0")],
] as const)("a small %s with many large tiles", (_format, source) => {
  it("is rejected before the tiles are decoded", async () => {
    const file = await tiled(await source(), 16, 64);
    await expect(rendered(file, { a: "20w" })).rejects.toMatchObject({
      reason: "SourceTooLarge",
      message: `the parts of the source have ${256 * TILE ** 2} px, too many for an image of 64 x 64`,
    });
  });

  it("is measured by the size of its tile if it shows only a part of it", async () => {
    const file = await tiled(await source(), 1, 64);
    expect((await rendered(file, { a: "20w" })).size).toBe(1);
    await expect(
      rendered(file, { a: "20w" }, Infinity, { limits: { pixels: 200_000 } }),
    ).rejects.toMatchObject({
      reason: "SourceTooLarge",
      message: `the source is cut from ${TILE ** 2} px, more than the limit of 200000`,
    });
  });
});

import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { heicOf, TILE, tile } from "../heic/grid/mux.fixture.ts";
import { configureCodec } from "../index.ts";
import { withParts } from "../parts.ts";
import { rendered } from "../pictures.fixture.ts";
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
  const file = await withParts({ kind: "bytes", bytes }, isoFile);
  return file && codedPixels(file);
}

describe("px that are decoded to show a picture", () => {
  it("are its own, with those of its alpha", async () => {
    expect(await codedIn(await avif(80))).toEqual({ all: 6400, largest: 6400 });
    expect(await codedIn(await avif(80, 4))).toEqual({ all: 12_800, largest: 6400 });
    expect(await codedIn(await fixture("plain"))).toEqual({ all: 6144, largest: 6144 });
    expect(await codedIn(await fixture("alpha"))).toEqual({ all: 12_288, largest: 6144 });
  });

  it("are those of its tiles, each as often as it is used, and of no thumbnail", async () => {
    const tiles = [tile(0), tile(1), tile(2), tile(3), tile(4), tile(5)];
    const grid = { tiles, columns: 3, rows: 2, width: 1500, height: 1000, thumbnail: tile(0) };
    expect(await codedIn(heicOf(grid))).toEqual({ all: 6 * TILE ** 2, largest: TILE ** 2 });
    expect(await codedIn(await tiled(await avif(64), 16, 1024))).toEqual({
      all: 256 * 4096,
      largest: 4096,
    });
  });

  it("have no end in a circle", async () => {
    expect(await codedIn(await circular(await avif(64)))).toMatchObject({ all: Infinity });
  });
});

describe.each([
  ["avif", () => avif(TILE)],
  ["heic", () => fixture("grid/tile-0")],
] as const)("a small %s of many large tiles", (_format, source) => {
  it("is rejected before they are decoded", async () => {
    const file = await tiled(await source(), 16, 64);
    await expect(rendered(file, { a: "20w" })).rejects.toMatchObject({
      reason: "SourceTooLarge",
      message: `the source's parts are ${256 * TILE ** 2} px for a picture of 64 x 64`,
    });
  });

  it("is held against the limit by its tile, where it shows a part of one", async () => {
    const file = await tiled(await source(), 1, 64);
    expect((await rendered(file, { a: "20w" })).size).toBe(1);
    await expect(
      rendered(file, { a: "20w" }, Infinity, { limits: { pixels: 200_000 } }),
    ).rejects.toMatchObject({
      reason: "SourceTooLarge",
      message: `the source is cut from ${TILE ** 2} px and 200000 are let through`,
    });
  });
});

import { distance } from "@imagefleet/test/reference/delta-e.ts";
import { profileOf } from "@imagefleet/test/reference/sources.ts";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec, probe } from "../../../index.ts";
import {
  fileOf,
  pictureOf,
  pixelsOf,
  quadrants,
  RGB,
  rendered,
  rules,
  WHOLE,
} from "../../../pictures.fixture.ts";
import { emptyTiff } from "../../tiff/raster.ts";
import { type Grid, gradient, heicOf, TILE, tile } from "./mux.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const [WIDTH, HEIGHT] = [1400, 1000];
/**
 * ΔE2000, measured 0.57 to 0.7 and 2.2 to 2.3: HEVC at low quality. At seams, where tiles are coded
 * separately, it is 1.1 and 4. A misplaced tile gives 20 and more, and a missing profile a mean of
 * 3.
 */
const NEAR = { mean: 0.85, p99: 2.8 };

/**
 * A HEIC like an iPhone's: tiles of 512 px that extend beyond the image, in Display P3, with a
 * thumbnail of other content and EXIF that contains the location and an orientation, which HEIC
 * ignores.
 */
async function phone(more: Partial<Grid> = {}): Promise<Buffer> {
  return heicOf({
    tiles: ([0, 1, 2, 3, 4, 5] as const).map(tile),
    columns: 3,
    rows: 2,
    width: WIDTH,
    height: HEIGHT,
    icc: await profileOf("p3"),
    exif: await exif(),
    thumbnail: tile("deep"),
    ...more,
  });
}

async function exif(): Promise<Buffer> {
  const tagged = await quadrants(RGB)
    .withExif({
      IFD0: { Make: "Apple" },
      IFD3: { GPSLatitude: "52/1 31/1 0/1", GPSLatitudeRef: "N" },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const { exif: block, orientation } = await sharp(tagged).metadata();
  if (block === undefined || orientation !== 6) throw new Error("no EXIF was written");
  return block;
}

/** The content of the tiles as stored: an image whose samples are Display P3. */
async function stored(width: number, height: number): Promise<Buffer> {
  const { file, pixels } = emptyTiff({ width, height, channels: 3, icc: await profileOf("p3") });
  for (let at = 0; at < width * height; at++) {
    pixels.set(gradient(at % width, Math.floor(at / width)), at * 3);
  }
  return file;
}

/** Some pixels across an image, or all that are at most 4 px from a tile border. */
function some(pixels: Buffer, wanted: "everywhere" | "at seams"): Buffer {
  const near = (at: number) => at > 4 && (at + 4) % TILE < 8;
  const kept = Buffer.alloc(pixels.length);
  let end = 0;
  for (let at = 0; at < WIDTH * HEIGHT; at++) {
    const seam = near(at % WIDTH) || near(Math.floor(at / WIDTH));
    if (wanted === "everywhere" ? at % 101 > 0 : !seam) continue;
    end += pixels.copy(kept, end, at * 3, at * 3 + 3);
  }
  return kept.subarray(0, end);
}

describe("a HEIC like an iPhone's", () => {
  it("is rendered in sRGB without visible tile borders", async () => {
    const bytes = await phone();
    const info = await probe({ kind: "bytes", bytes }, rules(1e7));
    expect(info).toMatchObject({ width: WIDTH, height: HEIGHT, orientation: 1, p3: true });
    const found = await pictureOf(await rendered(bytes, WHOLE), "whole");
    expect(found).toMatchObject({ width: WIDTH, height: HEIGHT, channels: 3 });
    const wanted = await sharp(await stored(WIDTH, HEIGHT))
      .raw()
      .toBuffer();
    for (const [where, near] of [
      ["everywhere", NEAR],
      ["at seams", { mean: 1.4, p99: 5 }],
    ] as const) {
      const { mean, p99 } = distance(some(found.data, where), some(wanted, where));
      expect(mean).toBeLessThan(near.mean);
      expect(p99).toBeLessThan(near.p99);
    }
  });

  // The equivalent of each EXIF orientation: ISO/IEC 23008-12, 6.5.10 and 6.5.12.
  it.each([
    [1, {}],
    [2, { mirror: "sides" }],
    [3, { turn: 2 }],
    [4, { mirror: "ends" }],
    [5, { turn: 3, mirror: "sides" }],
    [6, { turn: 3 }],
    [7, { turn: 1, mirror: "sides" }],
    [8, { turn: 1 }],
  ] as const)(
    "is rotated once, like orientation %i, regardless of EXIF",
    async (orientation, how) => {
      const [width, height] = [900, 500];
      const bytes = await phone({
        columns: 2,
        rows: 1,
        tiles: [tile(0), tile(1)],
        width,
        height,
        ...how,
      });
      const small = { small: { size: "90x90", format: "png" } } as const;
      const found = await pictureOf(await rendered(bytes, small), "small");
      const upright = await sharp(await stored(width, height))
        .withMetadata({ orientation })
        .png()
        .toBuffer();
      const wanted = sharp(upright).autoOrient().resize(90, 90, { fit: "inside" }).png();
      const { data, ...size } = await pixelsOf(await wanted.toBuffer());
      expect(found).toMatchObject(size);
      expect(distance(found.data, data).p99).toBeLessThan(NEAR.p99);
    },
  );

  it("loses its EXIF and location except for what the preset keeps", async () => {
    const made = await rendered(await phone(), {
      bare: { size: "100w", format: "jpeg" },
      kept: { size: "100w", format: "jpeg", keep: ["exif"] },
      placed: { size: "100w", format: "jpeg", keep: ["gps"] },
    });
    const [bare, kept, placed] = ["bare", "kept", "placed"].map((name) => fileOf(made, name));
    expect((await sharp(bare).metadata()).exif).toBeUndefined();
    expect(bare?.includes("Apple")).toBe(false);
    expect(kept?.includes("Apple")).toBe(true);
    // The pointer to the GPS directory, tag 0x8825, in both byte orders.
    const pointer = [Buffer.of(0x88, 0x25, 0, 4), Buffer.of(0x25, 0x88, 4, 0)];
    const hasPlace = (file?: Buffer) => pointer.some((tag) => file?.includes(tag));
    expect([bare, kept, placed].map(hasPlace)).toEqual([false, false, true]);
    expect((await sharp(kept).metadata()).orientation ?? 1).toBe(1);
  });

  it("with 10 bits is rendered with 8", async () => {
    const bytes = await phone({
      tiles: [tile("deep"), tile("deep")],
      columns: 2,
      rows: 1,
      width: 2 * TILE,
      height: TILE,
    });
    expect(await probe({ kind: "bytes", bytes }, rules(1e7))).toMatchObject({ depth: 16 });
    const small = { small: { size: "128x64", format: "png" } } as const;
    const found = await pictureOf(await rendered(bytes, small), "small");
    const { file, pixels } = emptyTiff({
      width: 2 * TILE,
      height: TILE,
      channels: 3,
      icc: await profileOf("p3"),
    });
    for (let at = 0; at < 2 * TILE * TILE; at++) {
      const [x, y] = [at % TILE, Math.floor(at / (2 * TILE))];
      const ramp = (share: number) => (5000 + (54_000 * share) / (TILE - 1)) / 257;
      pixels.set([ramp(x), ramp(y), 30_000 / 257], at * 3);
    }
    const wanted = await sharp(file).resize(128, 64, { fit: "fill" }).raw().toBuffer();
    const { mean, p99 } = distance(found.data, wanted);
    expect(mean).toBeLessThan(NEAR.mean);
    expect(p99).toBeLessThan(NEAR.p99);
  });

  it("of 12 megapixels does not block other jobs while it is decoded", async () => {
    const tiles = Array.from({ length: 48 }, () => tile(0));
    const large = await phone({ tiles, columns: 8, rows: 6, width: 4032, height: 3024 });
    const order: string[] = [];
    const job = async (name: string, bytes: Buffer) => {
      await rendered(bytes, { thumb: "20w" });
      order.push(name);
    };
    const small = await quadrants(RGB).jpeg().toBuffer();
    await Promise.all([job("large", large), job("small", small), job("small", small)]);
    expect(order).toEqual(["small", "small", "large"]);
  });
});

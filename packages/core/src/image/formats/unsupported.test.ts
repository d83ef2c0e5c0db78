import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { chunk, inserted, segment } from "../containers.fixture.ts";
import { configureCodec } from "../index.ts";
import { hasNoTrailingData } from "../passthrough/no-trailing-data.ts";
import { fileOf, quadrants, RGB, rendered } from "../pictures.fixture.ts";
import { bmpOf } from "./bmp/bmp.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

/** A JPEG with another frame marker or other bytes in its header. */
async function jpeg(marker: number, precision = 8, height = 64): Promise<Buffer> {
  const file = await quadrants(RGB).jpeg().toBuffer();
  const at = file.indexOf(Buffer.of(0xff, 0xc0));
  file[at + 1] = marker;
  file[at + 4] = precision;
  file.writeUInt16BE(height, at + 5);
  return file;
}

/** The same image with another declared number of components. */
async function componentsOf(count: number): Promise<Buffer> {
  const file = await jpeg(0xc0);
  const at = file.indexOf(Buffer.of(0xff, 0xc0));
  const frame = file.subarray(at, at + 10);
  frame.writeUInt16BE(8 + count * 3, 2);
  frame[9] = count;
  const components = Array.from({ length: count }, (_, index) => [index + 1, 0x11, 0]).flat();
  return Buffer.concat([
    file.subarray(0, at),
    frame,
    Buffer.from(components),
    file.subarray(at + 10 + 3 * 3),
  ]);
}

async function cgbi(): Promise<Buffer> {
  const file = await quadrants(RGB).png().toBuffer();
  return inserted(file, 8, chunk("CgBI", [0x50, 0, 0x20, 2]));
}

const bmp = (bits: number, method: number, height = 64) =>
  bmpOf({ width: 96, height, bits, method }, Buffer.alloc(96 * 64));

const HIERARCHICAL = [0xc5, 0xc6, 0xc7, 0xcd, 0xce, 0xcf, 0xde];

describe("the rejection of an intact but unsupported source names its kind", () => {
  it.each([
    ["a JPEG of 12-bit samples", () => jpeg(0xc1, 12)],
    ["a JPEG of 12-bit samples", () => jpeg(0xc2, 12)],
    [
      "a JPEG of 12-bit samples",
      async () => inserted(await jpeg(0xc1, 12), 2, segment(0xfe, Buffer.alloc(65_000, 0x20))),
    ],
    ["a lossless JPEG", () => jpeg(0xc3)],
    ["a lossless JPEG", () => jpeg(0xc3, 16)],
    ["a lossless JPEG", () => jpeg(0xcb)],
    ...HIERARCHICAL.map((marker) => ["a hierarchical JPEG", () => jpeg(marker)] as const),
    ["JPEG-LS", () => jpeg(0xf7)],
    ["a JPEG whose height follows its pixels", () => jpeg(0xc0, 8, 0)],
    ["a JPEG of 2 components", () => componentsOf(2)],
    ["a JPEG of 5 components", () => componentsOf(5)],
    ["a PNG in Apple's CgBI variant", cgbi],
    ["a top-down BMP with run lengths", async () => bmp(8, 1, -64)],
    ["a top-down BMP with run lengths", async () => bmp(4, 2, -64)],
    ["a BMP that contains a JPEG", async () => bmp(0, 4)],
    ["a BMP that contains a PNG", async () => bmp(0, 5)],
    ["a BMP of 64 bits per pixel", async () => bmp(64, 0)],
  ] as const)("%s", async (kind, make) => {
    await expect(rendered(await make(), { a: "20w" })).rejects.toMatchObject({
      reason: "SourceUnsupported",
      message: `the source is ${kind}, which is not supported: convert it`,
    });
  });
});

describe("the fallback to a JPEG's own bytes", () => {
  it("applies to JPEGs that browsers decode", async () => {
    for (const marker of [0xc0, 0xc1, 0xc2]) {
      expect(hasNoTrailingData("jpeg", await jpeg(marker))).toBe(true);
    }
    for (const marker of [0xc3, ...HIERARCHICAL, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xf7]) {
      expect(hasNoTrailingData("jpeg", await jpeg(marker)), marker.toString(16)).toBe(false);
    }
  });

  it("does not apply to arithmetic coding, which is transcoded", async () => {
    const source = await readFile(new URL("jpeg/arithmetic.fixture.jpg", import.meta.url));
    const preset = { format: "jpeg", quality: 100, fallback: "source" } as const;
    const file = fileOf(await rendered(source, { same: preset }), "same");
    expect(file.equals(source)).toBe(false);
    expect(file.includes(Buffer.of(0xff, 0xc0))).toBe(true);
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec, probe } from "../../index.ts";
import {
  colorsOf,
  farthest,
  pictureOf,
  RGB,
  rendered,
  rules,
  WHOLE,
} from "../../pictures.fixture.ts";
import { type BmpLayout, bmpOf } from "./bmp.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

/** The width is odd because rows are padded to four bytes. */
const WIDTH = 37;
const HEIGHT = 22;

interface Shape extends Pick<BmpLayout, "bits" | "method" | "header" | "masks" | "gap"> {
  readonly topDown?: boolean;
}

function bmp({ topDown = false, ...layout }: Shape, pixels: Buffer): Buffer {
  const height = topDown ? -HEIGHT : HEIGHT;
  return bmpOf({ width: WIDTH, height, palette: RGB, ...layout }, pixels);
}

/** The index of the color at a px. */
function quadrantAt(x: number, y: number): number {
  return (x >= WIDTH / 2 ? 1 : 0) + (y >= HEIGHT / 2 ? 2 : 0);
}

/** Rows in the file's order, each written px by px and padded to four bytes. */
function rows({ bits, topDown = false }: Shape, put: (row: Buffer, x: number, q: number) => void) {
  return Buffer.concat(
    Array.from({ length: HEIGHT }, (_, at) => {
      const row = Buffer.alloc(Math.ceil((WIDTH * bits) / 32) * 4);
      const y = topDown ? at : HEIGHT - 1 - at;
      for (let x = 0; x < WIDTH; x++) put(row, x, quadrantAt(x, y));
      return row;
    }),
  );
}

function color(quadrant: number): [number, number, number] {
  const [red = 0, green = 0, blue = 0] = RGB[quadrant] ?? [];
  return [red, green, blue];
}

function palette(shape: Shape): Buffer {
  return bmp(
    shape,
    rows(shape, (row, x, quadrant) => {
      const place = Math.floor((x * shape.bits) / 8);
      const shift = 8 - shape.bits - ((x * shape.bits) % 8);
      row[place] = (row[place] ?? 0) | (quadrant << shift);
    }),
  );
}

function triples(shape: Shape): Buffer {
  return bmp(
    shape,
    rows(shape, (row, x, quadrant) => row.set(color(quadrant).toReversed(), x * 3)),
  );
}

function words(shape: Shape, alpha: number): Buffer {
  return bmp(
    shape,
    rows(shape, (row, x, quadrant) => row.set([...color(quadrant).toReversed(), alpha], x * 4)),
  );
}

function shorts(shape: Shape, green: number): Buffer {
  return bmp(
    shape,
    rows(shape, (row, x, quadrant) => {
      const [r, g, b] = color(quadrant);
      const value = ((r >> 3) << (5 + green)) | ((g >> (8 - green)) << 5) | (b >> 3);
      row.writeUInt16LE(value, x * 2);
    }),
  );
}

/** A run and a literal in each row, with row ends and the end of the image. */
function runs(bits: 4 | 8): Buffer {
  const literal = 5;
  const bytes: number[] = [];
  for (let y = HEIGHT - 1; y >= 0; y--) {
    const left = quadrantAt(0, y);
    const right = quadrantAt(WIDTH - 1, y);
    const run = Math.ceil(WIDTH / 2);
    const pair = (value: number) => (bits === 8 ? value : value * 17);
    bytes.push(run, pair(left), WIDTH - run - literal, pair(right), 0, literal);
    bytes.push(...Array.from({ length: bits === 8 ? 5 : 3 }, () => pair(right)), 0, 0, 0);
  }
  return bmp({ bits, method: bits === 8 ? 1 : 2 }, Buffer.from([...bytes, 0, 1]));
}

const ARGB = [0xff0000, 0xff00, 0xff, 0xff000000] as const;

async function colorsIn(file: Buffer) {
  const made = await rendered(file, WHOLE);
  const found = await pictureOf(made, "whole");
  expect([found.width, found.height]).toEqual([WIDTH, HEIGHT]);
  return colorsOf(found);
}

describe("a BMP", () => {
  it.each<[string, Buffer, number]>([
    ["24 bit", triples({ bits: 24 }), 1],
    ["24 bit, top-down", triples({ bits: 24, topDown: true }), 1],
    ["24 bit, with a gap before the pixels", triples({ bits: 24, gap: 10 }), 1],
    ["24 bit, OS/2", triples({ bits: 24, header: 12 }), 1],
    ["32 bit, the fourth byte unused", words({ bits: 32 }, 0), 1],
    ["32 bit with masks", words({ bits: 32, method: 3, masks: ARGB }, 0), 1],
    ["8 bit", palette({ bits: 8 }), 1],
    ["8 bit, top-down", palette({ bits: 8, topDown: true }), 1],
    ["8 bit, OS/2", palette({ bits: 8, header: 12 }), 1],
    ["4 bit", palette({ bits: 4 }), 1],
    ["16 bit", shorts({ bits: 16 }, 5), 9],
    ["16 bit, 5-6-5", shorts({ bits: 16, method: 3, masks: [0xf800, 0x7e0, 0x1f, 0] }, 6), 9],
    ["8 bit with run lengths", runs(8), 1],
    ["4 bit with run lengths", runs(4), 1],
  ])("%s", async (_name, file, near) => {
    expect(farthest(await colorsIn(file), RGB)).toBeLessThan(near);
  });

  it("1 bit", async () => {
    const shape = { bits: 1 };
    const file = bmp(
      shape,
      rows(shape, (row, x, quadrant) => {
        row[x >> 3] = (row[x >> 3] ?? 0) | ((quadrant & 1) << (7 - (x % 8)));
      }),
    );
    const [left, right] = RGB;
    expect(farthest(await colorsIn(file), [left, right, left, right])).toBeLessThan(1);
  });

  it("keeps its alpha, and is opaque if alpha is 0 everywhere", async () => {
    const shape = { bits: 32, method: 3, header: 124, masks: ARGB };
    const half = await colorsIn(words(shape, 128));
    expect(half.map(([, , , alpha]) => alpha)).toEqual([128, 128, 128, 128]);
    expect(farthest(half, RGB)).toBeLessThan(1);
    expect((await colorsIn(words(shape, 0))).map(([, , , alpha]) => alpha)).not.toContain(0);
  });

  it("is described by its header and rejected if it exceeds the limits", async () => {
    const input = { kind: "bytes", bytes: triples({ bits: 24 }) } as const;
    expect(await probe(input, rules(1e6))).toMatchObject({
      format: "bmp",
      width: WIDTH,
      height: HEIGHT,
      bands: 3,
      alpha: false,
      pages: 1,
    });
    await expect(probe(input, rules(WIDTH * HEIGHT - 1))).rejects.toMatchObject({
      reason: "SourceTooLarge",
    });
  });

  it.each<[string, Buffer]>([
    ["truncated", triples({ bits: 24 }).subarray(0, 1000)],
    ["with run lengths and truncated", runs(8).subarray(0, -40)],
    ["with 7 bits", bmp({ bits: 7 }, Buffer.alloc(9))],
    ["with a mask of separate bits", words({ bits: 32, method: 3, masks: [5, 8, 16, 0] }, 0)],
  ])("%s is rejected", async (_name, file) => {
    await expect(rendered(file, WHOLE)).rejects.toMatchObject({ reason: "SourceCorrupt" });
  });
});

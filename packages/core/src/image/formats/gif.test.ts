import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { configureCodec, probe } from "../index.ts";
import { INPUT_KINDS, inputOf } from "../inputs.fixture.ts";
import { fileOf, rendered, rules } from "../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

const [WIDTH, HEIGHT] = [16, 12];
type Color = readonly [number, number, number];
const RED: Color = [220, 40, 40];
const BLUE: Color = [40, 60, 200];
const CLEAR = [0, 0, 0, 0] as const;
const KEPT = 1;
const CLEARED = 2;
const RESTORED = 3;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly color: Color;
  /** The disposal method, which applies before the next frame. */
  readonly disposal?: number;
  /** Whether all 256 colors of the table are used instead of one of two. */
  readonly rich?: boolean;
}

/**
 * Codes of 9 bits, with a table that is cleared before it would need 10: no compression, any index.
 */
function lzw(indices: readonly number[]): Buffer {
  let bits = "";
  const put = (code: number) => {
    bits = code.toString(2).padStart(9, "0") + bits;
  };
  for (const [at, index] of indices.entries()) {
    if (at % 200 === 0) put(256);
    put(index);
  }
  put(257);
  const bytes: number[] = [];
  for (let end = bits.length; end > 0; end -= 8) {
    bytes.push(Number.parseInt(bits.slice(Math.max(0, end - 8), end), 2));
  }
  const parts: number[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.slice(at, at + 255);
    parts.push(part.length, ...part);
  }
  return Buffer.from([8, ...parts, 0]);
}

/** A GIF without a transparent index, in which each frame has its own table. */
function gif(frames: readonly Frame[]): Buffer {
  const head = Buffer.from("GIF89a\0\0\0\0\0\0\0", "latin1");
  head.writeUInt16LE(WIDTH, 6);
  head.writeUInt16LE(HEIGHT, 8);
  const parts = frames.map(({ left, top, width, height, color, disposal = KEPT, rich }) => {
    const control = Buffer.of(0x21, 0xf9, 4, disposal << 2, 10, 0, 0, 0);
    const place = Buffer.alloc(10);
    place[0] = 0x2c;
    for (const [at, value] of [left, top, width, height].entries()) {
      place.writeUInt16LE(value, 1 + at * 2);
    }
    place[9] = 0x87;
    // Every entry has nearly the same color.
    const table = Array.from({ length: 256 }, (_, at) => [color[0], color[1], color[2] + (at % 3)]);
    const indices = Array.from({ length: width * height }, (_, at) => (rich ? at % 256 : 0));
    return Buffer.concat([control, place, Buffer.from(table.flat()), lzw(indices)]);
  });
  return Buffer.concat([head, ...parts, Buffer.of(0x3b)]);
}

const WHOLE = { left: 0, top: 0, width: WIDTH, height: HEIGHT };
const CORNER = { left: 0, top: 0, width: 8, height: 6 };
const INSIDE = { left: 4, top: 3, width: 8, height: 6 };

/** The frames as browsers show them, drawn by the specification: CSS px, RGBA. */
function shown(frames: readonly Frame[]): number[][][] {
  let canvas: number[][] = Array.from({ length: WIDTH * HEIGHT }, () => [...CLEAR]);
  return frames.map((frame) => {
    const before = canvas;
    const within = (at: number) => {
      const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
      const across = x >= frame.left && x < frame.left + frame.width;
      return across && y >= frame.top && y < frame.top + frame.height;
    };
    const drawn = canvas.map((px, at) => (within(at) ? [...frame.color, 255] : px));
    const cleared = drawn.map((px, at) => (within(at) ? [...CLEAR] : px));
    canvas = frame.disposal === CLEARED ? cleared : frame.disposal === RESTORED ? before : drawn;
    return drawn;
  });
}

async function framesOf(file: Buffer): Promise<number[][][]> {
  const { pages = 1 } = await sharp(file).metadata();
  const { data } = await sharp(file, { pages: -1 })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const size = WIDTH * HEIGHT;
  return Array.from({ length: pages }, (_, page) =>
    Array.from({ length: size }, (_px, at) => [
      ...data.subarray((page * size + at) * 4, (page * size + at) * 4 + 4),
    ]),
  );
}

/** A transparent px may have any color. */
function expectShown(found: number[][], wanted: number[][]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [at, px] of wanted.entries()) {
    const [alpha, seen] = [px[3] ?? 0, found[at] ?? []];
    expect(seen[3], `alpha of px ${at}`).toBe(alpha);
    if (alpha === 0) continue;
    for (const band of [0, 1, 2]) {
      expect(Math.abs((seen[band] ?? 999) - (px[band] ?? 0)), `px ${at}`).toBeLessThan(6);
    }
  }
}

const ANIMATIONS: readonly (readonly [string, readonly Frame[]])[] = [
  [
    "a smaller first frame in a corner",
    [
      { ...CORNER, color: RED },
      { ...WHOLE, color: BLUE },
    ],
  ],
  [
    "a smaller first frame in the middle",
    [
      { ...INSIDE, color: RED },
      { ...CORNER, color: BLUE },
    ],
  ],
  [
    "a frame that is cleared",
    [
      { ...WHOLE, color: RED, disposal: CLEARED },
      { ...CORNER, color: BLUE },
    ],
  ],
  [
    "several frames that are cleared",
    [
      { ...INSIDE, color: RED, disposal: CLEARED },
      { ...CORNER, color: BLUE, disposal: CLEARED },
      { ...INSIDE, color: BLUE },
    ],
  ],
  [
    "a small frame that is cleared from a full one",
    [
      { ...WHOLE, color: RED },
      { ...INSIDE, color: BLUE, disposal: CLEARED },
      { ...CORNER, color: BLUE },
    ],
  ],
  [
    "a frame that is restored to the previous one",
    [
      { ...CORNER, color: RED },
      { ...INSIDE, color: BLUE, disposal: RESTORED },
      { left: 14, top: 10, width: 2, height: 2, color: RED },
    ],
  ],
  [
    "full frames",
    [
      { ...WHOLE, color: RED },
      { ...WHOLE, color: BLUE },
    ],
  ],
];

describe.each(INPUT_KINDS)("a GIF from %s is shown as in browsers", (kind) => {
  it.each(ANIMATIONS)("%s", async (_name, drawn) => {
    for (const rich of [false, true]) {
      const frames = drawn.map((frame) => ({ ...frame, rich }));
      const presets = {
        still: { format: "png" },
        moving: { format: "webp", animated: true, quality: 100 },
        flat: { format: "jpeg", background: "#00ff00", quality: 100 },
      } as const;
      const made = await rendered(await inputOf(kind, gif(frames)), presets);
      const wanted = shown(frames);
      const [still = []] = await framesOf(fileOf(made, "still"));
      expectShown(still, wanted[0] ?? []);
      const moving = await framesOf(fileOf(made, "moving"));
      expect(moving).toHaveLength(frames.length);
      for (const [at, frame] of wanted.entries()) {
        const alpha = (frame_: number[][]) => frame_.map((px) => px[3]);
        expect(alpha(moving[at] ?? []), `frame ${at}`).toEqual(alpha(frame));
      }
      const [flat = []] = await framesOf(fileOf(made, "flat"));
      const corner = wanted[0]?.at(-1)?.[3] === 0 ? [0, 255, 0] : [220, 40, 40];
      for (const band of [0, 1, 2]) {
        expect(Math.abs((flat.at(-1)?.[band] ?? 999) - (corner[band] ?? 0))).toBeLessThan(20);
      }
    }
  });
});

it.each(ANIMATIONS)("alpha is planned if the first frame leaves gaps: %s", async (_, drawn) => {
  const { alpha } = await probe({ kind: "bytes", bytes: gif(drawn) }, rules(1e6));
  expect(alpha).toBe(shown(drawn)[0]?.some((px) => px[3] === 0));
});

describe("a GIF that ends within a later frame", () => {
  const frames = [
    { ...WHOLE, color: RED, rich: true },
    { ...WHOLE, color: BLUE, rich: true },
    { ...CORNER, color: RED, rich: true },
  ];
  const whole = gif(frames);
  // The last one lacks its trailer, which is not required, and the byte that ends its last frame.
  const cuts = [0.5, 0.6, 0.8, 0.95]
    .map((share) => Math.floor(whole.length * share))
    .concat(whole.length - 2);

  it.each(INPUT_KINDS)("is rendered for a still preset, from %s", async (kind) => {
    for (const cut of cuts) {
      const input = await inputOf(kind, whole.subarray(0, cut));
      const [still = []] = await framesOf(
        fileOf(await rendered(input, { still: { format: "png" } }), "still"),
      );
      expectShown(still, shown(frames)[0] ?? []);
    }
  });

  it("is rejected for an animated preset", async () => {
    const presets = { a: { format: "gif", animated: true }, b: { format: "png" } } as const;
    for (const cut of cuts) {
      await expect(rendered(whole.subarray(0, cut), presets)).rejects.toMatchObject({
        reason: "SourceCorrupt",
      });
    }
  });

  it("is rejected if its first frame is incomplete", async () => {
    const at = Math.floor(whole.length * 0.2);
    await expect(rendered(whole.subarray(0, at), { a: "8w" })).rejects.toMatchObject({
      reason: "SourceCorrupt",
    });
  });
});

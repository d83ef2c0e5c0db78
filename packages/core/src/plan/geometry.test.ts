import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { FITS, GRAVITIES, type Preset } from "../recipe/index.ts";
import type { Area } from "./area.ts";
import { geometryOf } from "./geometry.ts";

function preset(wanted: Partial<Preset>): Preset {
  return {
    name: "p",
    fit: "inside",
    enlarge: false,
    format: "png",
    quality: 80,
    background: "#ffffff",
    ...wanted,
  };
}

const side = (max: number) => fc.integer({ min: 1, max });
const source = fc.record({ width: side(700), height: side(700) });
const box = fc.record({
  width: side(500),
  height: side(500),
  fit: fc.constantFrom(...FITS),
  enlarge: fc.boolean(),
});
const oneSide = fc.oneof(
  fc.record({ width: side(500), enlarge: fc.boolean() }),
  fc.record({ height: side(500), enlarge: fc.boolean() }),
  fc.record({ enlarge: fc.boolean() }),
);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const focused = fc.record({
  width: side(500),
  height: side(500),
  fit: fc.constant("cover" as const),
  focus: fc.record({ x: share, y: share }),
});
const anyPreset = fc.oneof(box, oneSide, focused).map(preset);

/**
 * Two channels: one gets brighter by 1 per px from left to right, one from top to bottom. No px is
 * 0.
 */
function ramps({ width, height }: Area): Sharp {
  const pixels = Buffer.alloc(width * height * 3, 50);
  for (let at = 0; at < width * height; at++) {
    pixels[at * 3] = 50 + (at % width);
    pixels[at * 3 + 1] = 50 + Math.floor(at / width);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

const EDGES = GRAVITIES.filter((word) => word !== "attention" && word !== "entropy");

interface Placing {
  readonly gravity: (typeof EDGES)[number];
}

async function bySharp(
  from: Area,
  to: Area,
  fit: "cover" | "contain",
  { gravity }: Placing,
): Promise<number[]> {
  const position = sharp.gravity[gravity];
  const resized = ramps(from).resize({ ...to, fit, position, background: "#000000" });
  return [...(await resized.raw().toBuffer())];
}

async function byPlan(
  from: Area,
  to: Area,
  fit: "cover" | "contain",
  placing: Placing,
): Promise<number[]> {
  const wanted = preset({ ...to, fit, ...placing });
  const { scaled, crop, pad, width, height } = geometryOf(from, wanted);
  let ours = ramps(from).resize({ ...scaled, fit: "fill" });
  if (crop) ours = ours.extract(crop);
  if (pad) {
    const right = width - scaled.width - pad.left;
    const bottom = height - scaled.height - pad.top;
    ours = ours.extend({ ...pad, right, bottom, background: "#000000" });
  }
  return [...(await ours.raw().toBuffer())];
}

describe("geometryOf", () => {
  it("gives the size that sharp gives", async () => {
    await fc.assert(
      fc.asyncProperty(source, anyPreset, async (from, to) => {
        const planned = geometryOf(from, to);
        fc.pre(planned.scaled.width * planned.scaled.height < 2_000_000);
        const { width, height, fit, enlarge } = to;
        const { info } = await sharp(Buffer.alloc(from.width * from.height), {
          raw: { ...from, channels: 1 },
        })
          .resize({ width, height, fit, withoutEnlargement: !enlarge })
          .raw()
          .toBuffer({ resolveWithObject: true });
        expect({ width: planned.width, height: planned.height }).toEqual({
          width: info.width,
          height: info.height,
        });
      }),
      { numRuns: 400 },
    );
  });

  it("crops and pads where sharp does", async () => {
    const larger = fc.integer({ min: 100, max: 200 });
    const smaller = fc.integer({ min: 20, max: 99 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ width: larger, height: larger }),
        fc.record({ width: smaller, height: smaller }),
        fc.constantFrom("cover" as const, "contain" as const),
        fc.constantFrom(...EDGES),
        async (from, to, fit, gravity) => {
          const wanted = await bySharp(from, to, fit, { gravity });
          const ours = await byPlan(from, to, fit, { gravity });
          // Padding and image must be at the same positions.
          expect(ours.map((value) => Math.min(value, 1))).toEqual(
            wanted.map((value) => Math.min(value, 1)),
          );
          // The image gets brighter by 1 per px, so a crop that is off by 1 px differs by a whole
          // level or more.
          const off =
            ours.reduce((sum, value, at) => sum + value - (wanted[at] ?? 0), 0) / ours.length;
          expect(Math.abs(off)).toBeLessThan(0.4);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    [{ x: 0.5, y: 0.5 }, 150],
    [{ x: 0.25, y: 0 }, 50],
    [{ x: 0, y: 0.9 }, 0],
    [{ x: 1, y: 1 }, 300],
  ])("crops around %o as far as the edge lets it", (focus, left) => {
    const wanted = preset({ width: 100, height: 100, fit: "cover", focus });
    expect(geometryOf({ width: 800, height: 200 }, wanted).crop).toMatchObject({ left, top: 0 });
  });

  it("never leaves a side without px, however long and thin the source", () => {
    const thin = fc.record({ width: side(3), height: fc.integer({ min: 1, max: 10_000_000 }) });
    fc.assert(
      fc.property(fc.oneof(thin, source), anyPreset, (from, to) => {
        const { width, height, scaled } = geometryOf(from, to);
        expect(Math.min(width, height, scaled.width, scaled.height)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it("enlarges nothing by default", () => {
    fc.assert(
      fc.property(source, anyPreset, (from, to) => {
        const { scaled } = geometryOf(from, { ...to, enlarge: false });
        expect(scaled.width).toBeLessThanOrEqual(from.width);
        expect(scaled.height).toBeLessThanOrEqual(from.height);
      }),
    );
  });

  it("keeps crop and pad inside", () => {
    fc.assert(
      fc.property(source, anyPreset, (from, to) => {
        const { width, height, scaled, crop, pad } = geometryOf(from, to);
        if (crop) {
          expect(Math.min(crop.left, crop.top)).toBeGreaterThanOrEqual(0);
          expect(crop.left + width).toBeLessThanOrEqual(scaled.width);
          expect(crop.top + height).toBeLessThanOrEqual(scaled.height);
        }
        if (pad) {
          expect(Math.min(pad.left, pad.top)).toBeGreaterThanOrEqual(0);
          expect(pad.left + scaled.width).toBeLessThanOrEqual(width);
          expect(pad.top + scaled.height).toBeLessThanOrEqual(height);
        }
      }),
    );
  });

  it.each([
    ["a box, inside", { width: 360, height: 270 }, { width: 360, height: 240 }],
    ["a width", { width: 640 }, { width: 640, height: 427 }],
    ["a height", { height: 480 }, { width: 720, height: 480 }],
    ["neither", {}, { width: 3000, height: 2000 }],
    ["larger than the source", { width: 9000 }, { width: 3000, height: 2000 }],
  ])("%s of 3000 x 2000 px", (_name, wanted, expected) => {
    expect(geometryOf({ width: 3000, height: 2000 }, preset(wanted))).toMatchObject(expected);
  });
});

import sharp, { type Sharp } from "sharp";
import { beforeAll, expect, it } from "vitest";
import { configureCodec } from "../index.ts";
import { detailed, type Picture, pictureOf, pixelsOf, rendered } from "../pictures.fixture.ts";

beforeAll(() => configureCodec({ threads: 2 }));

/**
 * Mean SSIM of the green channel of two images over windows of 8 x 8 px, 4 px apart (Wang et al.
 * 2004).
 */
function ssim(a: Picture, b: Picture): number {
  const values: number[] = [];
  for (let top = 0; top + 8 <= a.height; top += 4) {
    for (let left = 0; left + 8 <= a.width; left += 4) values.push(windowed(a, b, left, top));
  }
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function windowed(a: Picture, b: Picture, left: number, top: number): number {
  let [sumA, sumB, squareA, squareB, both] = [0, 0, 0, 0, 0];
  for (let at = 0; at < 64; at++) {
    const px = (top + Math.floor(at / 8)) * a.width + left + (at % 8);
    const one = a.data[px * a.channels + 1] ?? 0;
    const other = b.data[px * b.channels + 1] ?? 0;
    sumA += one;
    sumB += other;
    squareA += one * one;
    squareB += other * other;
    both += one * other;
  }
  const [meanA, meanB] = [sumA / 64, sumB / 64];
  const [varianceA, varianceB] = [squareA / 64 - meanA ** 2, squareB / 64 - meanB ** 2];
  const covariance = both / 64 - meanA * meanB;
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  return (
    ((2 * meanA * meanB + c1) * (2 * covariance + c2)) /
    ((meanA ** 2 + meanB ** 2 + c1) * (varianceA + varianceB + c2))
  );
}

const DENSE = [900, 860, 640, 480, 400, 320, 240, 160];
/**
 * Sizes from an exact half, which the JPEG decoder's own scaling would also give, with much worse
 * quality (ADR 009).
 */
const HALVES = [800, 400, 150];

const jpeg = (picture: Sharp) => picture.jpeg({ quality: 90 });

it.each([
  ["jpeg", jpeg, DENSE],
  ["jpeg", jpeg, HALVES],
  ["png", (picture: Sharp) => picture.png({ compressionLevel: 1 }), DENSE],
  ["webp", (picture: Sharp) => picture.webp({ quality: 90, effort: 0 }), DENSE],
])(
  "renditions of a %s that are derived from one another are as good as separate decodes",
  async (_name, store, widths) => {
    const source = await store(detailed(1600, 1200)).toBuffer();
    const presets = widths.map((width) => [`w${width}`, { width, format: "png" }] as const);
    const made = await rendered(source, Object.fromEntries(presets));
    const full = await pixelsOf(source);
    const pixels = sharp(full.data, { raw: { width: 1600, height: 1200, channels: 3 } });
    for (const width of widths) {
      // The reference is decoded at full size and scaled once. The common way is one decode per
      // size, shrunk on load.
      const gold = await pixelsOf(
        await pixels.clone().resize(width).png({ compressionLevel: 0 }).toBuffer(),
      );
      const idiom = await pixelsOf(
        await sharp(source).resize(width).png({ compressionLevel: 0 }).toBuffer(),
      );
      const ours = await pictureOf(made, `w${width}`);
      expect(ours).toMatchObject({ width: gold.width, height: gold.height });
      expect(ssim(ours, gold) - ssim(idiom, gold), `${width} px`).toBeGreaterThan(-0.005);
    }
  },
);

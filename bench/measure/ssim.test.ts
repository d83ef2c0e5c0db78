import { expect, it } from "vitest";
import { ssim } from "./ssim.ts";

const gray = (value: (at: number) => number) => ({
  data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, at) => value(Math.floor(at / 3))),
  width: 32,
  height: 32,
  channels: 3,
});
const ramp = gray((at) => (at % 32) * 8);

it("is 1 for equal pictures, and falls as they differ more", () => {
  const noisy = gray((at) => (at % 32) * 8 + (at % 7));
  const noisier = gray((at) => (at % 32) * 8 + ((at * 5) % 7) * 6);
  expect(ssim(ramp, ramp)).toBeCloseTo(1, 12);
  expect(ssim(ramp, noisy)).toBeLessThan(0.999);
  expect(ssim(ramp, noisier)).toBeLessThan(ssim(ramp, noisy));
});

it("depends only on brightness for two flat pictures", () => {
  const [a, b] = [100, 110];
  const c1 = 2.55 ** 2;
  const wanted = (2 * a * b + c1) / (a * a + b * b + c1);
  expect(
    ssim(
      gray(() => a),
      gray(() => b),
    ),
  ).toBeCloseTo(wanted, 9);
});

it("refuses pictures of different sizes", () => {
  expect(() => ssim(ramp, { ...ramp, width: 16, height: 64 })).toThrow("16 x 64");
});

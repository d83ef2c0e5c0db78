import { expect, it } from "vitest";
import { deltaE2000, distance, type Lab, labOf } from "./delta-e.ts";

/** Rows of the paper's table of test data, one per branch of the formula. */
const PUBLISHED: readonly (readonly [Lab, Lab, number])[] = [
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1.0],
  [[50, 0, 0], [50, -1, 2], 2.3669],
  [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
  [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
  [[50, -0.001, 2.49], [50, 0.0009, -2.49], 4.8045],
  [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
  [[50, 2.5, 0], [73, 25, -18], 27.1492],
  [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
  [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
];

it.each(PUBLISHED)("the difference between %j and %j is %d", (one, other, wanted) => {
  expect(deltaE2000(one, other)).toBeCloseTo(wanted, 4);
  expect(deltaE2000(other, one)).toBeCloseTo(wanted, 4);
});

it("converts white, black and red from sRGB to Lab", () => {
  expect(labOf(255, 255, 255)[0]).toBeCloseTo(100, 3);
  expect(labOf(0, 0, 0)[0]).toBeCloseTo(0, 6);
  const [l, a, b] = labOf(255, 0, 0);
  expect([l, a, b].map(Math.round)).toEqual([53, 80, 67]);
});

it("gives the mean and the 99th percentile of two images", () => {
  const black = new Uint8Array(300);
  const dotted = black.slice().fill(255, 0, 6);
  expect(distance(black, black)).toEqual({ mean: 0, p99: 0 });
  const { mean, p99 } = distance(black, dotted);
  expect(mean).toBeCloseTo(2, 1);
  expect(p99).toBeCloseTo(100, 0);
});

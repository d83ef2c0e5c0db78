import { expect, it } from "vitest";
import { atQuality, atScore, type Curve, millionUsd, pointOf } from "./index.ts";

const sample = (score: number, bytes: number, cpuMs = 10) => ({ score, bytes, cpuMs });

/** Two pictures with three qualities: the mean scores are 70, 80 and 90. */
const curve: Curve = [
  { quality: 50, samples: [sample(60, 1000), sample(80, 1000)] },
  { quality: 60, samples: [sample(72, 4000), sample(88, 4000)] },
  { quality: 90, samples: [sample(85, 16_000, 20), sample(95, 16_000, 20)] },
];

it("a point contains the means, and the worst tenth of the scores", () => {
  const samples = Array.from({ length: 20 }, (_, at) => sample(at, at * 100, at));
  expect(pointOf(80, samples)).toEqual({
    quality: 80,
    score: 9.5,
    worst: 0.5,
    bytes: 950,
    cpuMs: 9.5,
  });
  expect(() => pointOf(80, [])).toThrow(RangeError);
});

it("a target between two qualities is interpolated, bytes by their logarithm", () => {
  const at = (target: number) => atScore(curve, target);
  expect(at(70)).toMatchObject({ quality: 50, worst: 60 });
  expect(at(75)?.quality).toBeCloseTo(55);
  expect(at(75)?.bytes).toBeCloseTo(2000);
  expect(at(75)?.worst).toBeCloseTo(66);
  expect(at(85)?.quality).toBeCloseTo(75);
  expect(at(85)?.bytes).toBeCloseTo(8000);
  expect(at(85)?.cpuMs).toBeCloseTo(15);
});

it("a target a little beyond the measured qualities is extrapolated, a further one is not", () => {
  expect(atScore(curve, 92)?.quality).toBeCloseTo(96);
  expect(atScore(curve, 68)?.bytes).toBeCloseTo(1000 * 4 ** -0.2);
  expect(atScore(curve, 95)).toBeUndefined();
  expect(atScore(curve, 65)).toBeUndefined();
});

it("a million renditions cost their PUTs, the encoding and the transfer of the views", () => {
  const point = { quality: 80, score: 80, worst: 70, bytes: 2 ** 30 / 1e6, cpuMs: 0 };
  expect(millionUsd(point, 0)).toBeCloseTo(5);
  expect(millionUsd(point, 100)).toBeCloseTo(5 + 8.5);
  expect(millionUsd({ ...point, cpuMs: 1000 }, 0)).toBeGreaterThan(20);
});

it("the point of a quality is interpolated like that of a score", () => {
  expect(atQuality(curve, 55)).toEqual(atScore(curve, 75));
  expect(atQuality(curve, 60)).toMatchObject({ score: 80, bytes: expect.closeTo(4000) });
  expect(() => atQuality(curve.slice(1, 2), 60)).toThrow(RangeError);
});

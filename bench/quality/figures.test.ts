import { expect, it } from "vitest";
import { atScore, bandOf, bytesBand, type Curve, millionUsd, pointOf } from "./figures.ts";
import { SETTINGS } from "./settings.ts";

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

it("the band of bytes contains the ratio, and is a point where all pictures agree", () => {
  const half = curve.map(({ quality, samples }) => ({
    quality,
    samples: samples.map((each) => ({ ...each, bytes: each.bytes / 2 })),
  }));
  let state = 0;
  const random = () => {
    state = (state + 0.618) % 1;
    return state;
  };
  const [low = 0, high = 0] = bytesBand(half, curve, 80, random) ?? [];
  expect(low).toBeCloseTo(0.5);
  expect(high).toBeCloseTo(0.5);
});

it("the band of a mean is 1.96 standard errors wide to each side", () => {
  const [low, high] = bandOf([1, 2, 3, 4, 5]);
  expect(high - 3).toBeCloseTo((1.96 * Math.sqrt(2.5)) / Math.sqrt(5));
  expect(3 - low).toBeCloseTo(high - 3);
});

it("a million renditions cost their PUTs, the encoding and the transfer of the views", () => {
  const point = { quality: 80, score: 80, worst: 70, bytes: 2 ** 30 / 1e6, cpuMs: 0 };
  expect(millionUsd(point, 0)).toBeCloseTo(5);
  expect(millionUsd(point, 100)).toBeCloseTo(5 + 8.5);
  expect(millionUsd({ ...point, cpuMs: 1000 }, 0)).toBeGreaterThan(20);
});

it("the settings contain none twice, and rising qualities", () => {
  expect(new Set(SETTINGS.map(({ name }) => name)).size).toBe(SETTINGS.length);
  for (const { qualities } of SETTINGS) {
    expect(qualities.length).toBeGreaterThan(1);
    expect(qualities).toEqual([...new Set(qualities)].sort((a, b) => a - b));
  }
});

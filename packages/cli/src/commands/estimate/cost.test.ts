import fc from "fast-check";
import { expect, test } from "vitest";
import type { Measured } from "../../sample/measure.ts";
import { Reservoir } from "../../sample/reservoir.ts";
import { estimate } from "./cost.ts";

const small: Measured = {
  lane: "small",
  bytesIn: 1000,
  bytesOut: 100,
  renditions: 6,
  cpuSeconds: 1,
  onRequest: [],
  aloneSeconds: [0.2],
};
const large: Measured = { ...small, lane: "large", cpuSeconds: 20 };

test("the estimate counts every source in one lane, and is proportional to their number", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat({ max: 5 }),
      fc.nat({ max: 5 }),
      (sources, share, smalls, larges) => {
        const sample = [...Array(smalls + 1).fill(small), ...Array(larges).fill(large)];
        const material = { sources, bytes: sources * 1000, large: Math.floor(sources * share) };
        const fleet = { functions: 1, tasks: 1 };
        const once = estimate(material, sample, fleet);
        expect(once.lanes.small.images + once.lanes.large.images).toBe(sources);
        expect(once.lanes.large.images).toBeGreaterThanOrEqual(material.large);
        const twice = { sources: sources * 2, bytes: sources * 2000, large: material.large * 2 };
        expect(estimate(twice, sample, fleet).totalUsd).toBeCloseTo(once.totalUsd * 2, 1);
      },
    ),
  );
});

test("the share of sources that are large by decode cost comes from the sample", () => {
  const material = { sources: 100, bytes: 1e5, large: 0 };
  const { lanes, bytesOut } = estimate(material, [small, small, small, large], {
    functions: 5,
    tasks: 2,
  });
  expect(lanes.large.images).toBe(25);
  expect(lanes.small.seconds).toBeCloseTo((75 * lanes.small.secondsAnImage) / 5);
  expect(bytesOut).toBeCloseTo(1e4);
});

test("a reservoir samples all values and keeps at most its size", () => {
  const reservoir = new Reservoir<number>(3, () => 0.5);
  for (let n = 0; n < 10; n++) reservoir.add(n);
  expect(reservoir.sample).toHaveLength(3);
  expect(Math.max(...reservoir.sample)).toBeGreaterThan(2);
});

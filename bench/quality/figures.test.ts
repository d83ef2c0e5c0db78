import type { Curve } from "@imagefleet/core/tuning";
import { expect, it } from "vitest";
import { bandOf, bytesBand } from "./figures.ts";
import { OWN, PEERS, SETTINGS } from "./settings.ts";

const sample = (score: number, bytes: number, cpuMs = 10) => ({ score, bytes, cpuMs });

/** Two pictures with three qualities: the mean scores are 70, 80 and 90. */
const curve: Curve = [
  { quality: 50, samples: [sample(60, 1000), sample(80, 1000)] },
  { quality: 60, samples: [sample(72, 4000), sample(88, 4000)] },
  { quality: 90, samples: [sample(85, 16_000, 20), sample(95, 16_000, 20)] },
];

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

it("every peer, and the own defaults, have a setting with their quality", () => {
  const of = (name: string) => SETTINGS.find((setting) => setting.name === name)?.qualities;
  for (const [name, setting, quality] of PEERS) expect(of(setting), name).toContain(quality);
  for (const name of OWN) expect(of(name)?.length, name).toBeGreaterThan(1);
});

it("the settings contain none twice, and rising qualities", () => {
  expect(new Set(SETTINGS.map(({ name }) => name)).size).toBe(SETTINGS.length);
  for (const { qualities } of SETTINGS) {
    expect(qualities).toEqual([...new Set(qualities)].sort((a, b) => a - b));
  }
});

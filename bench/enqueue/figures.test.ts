import { expect, it } from "vitest";
import { figuresOf } from "./figures.ts";

/** @param slower the factor by which the round is slower */
const round = (slower: number, peakBytes: number) => ({
  bare: { keys: 1_000, seconds: slower, cpuMs: 200 + 100 * slower, peakBytes, serverMs: 50 },
  ours: { keys: 1_000, seconds: 1.25 * slower, cpuMs: 500 + 90 * slower, peakBytes, serverMs: 60 },
});

it("compares within a round, without the start of the programs", () => {
  const rounds = [round(1, 10), round(5, 30), round(1, 20)];
  expect(figuresOf(rounds, { bare: 200, ours: 500 })).toEqual({
    rateRatio: { median: 0.8, least: 0.8, most: 0.8 },
    cpuRatio: { median: 0.9, least: 0.9, most: 0.9 },
    keysPerSecond: { bare: 1_000, ours: 800 },
    cpuMsPerThousand: { bare: 100, ours: 90 },
    serverMsPerThousand: { bare: 50, ours: 60 },
    peakBytes: { bare: 30, ours: 30 },
  });
});

import { type RunResult, run } from "./run.ts";

export interface Found extends RunResult {
  /** The seed of the history with violations. */
  readonly seed: number;
  /** The number of the history, from 1. */
  readonly run: number;
}

/** Plays histories until one ends with violations. @returns undefined if none does */
export async function explore(firstSeed: number, runs: number): Promise<Found | undefined> {
  for (let at = 0; at < runs; at++) {
    const seed = (firstSeed + at) | 0;
    const result = await run(seed);
    if (result.violations.length > 0) return { ...result, seed, run: at + 1 };
  }
  return undefined;
}

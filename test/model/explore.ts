import { type RunResult, run } from "./run.ts";

export interface Found extends RunResult {
  /** The seed of the run that went wrong. */
  readonly seed: number;
  /** Which run it was, from 1. */
  readonly run: number;
}

/** Plays as many histories, and gives the first that ends as it must not. */
export async function explore(firstSeed: number, runs: number): Promise<Found | undefined> {
  for (let at = 0; at < runs; at++) {
    const seed = (firstSeed + at) | 0;
    const result = await run(seed);
    if (result.violations.length > 0) return { ...result, seed, run: at + 1 };
  }
  return undefined;
}

import { median, rounded } from "../measure/statistics.ts";

/** Latency of an upload during a backfill, over that on an idle fleet: p95 over p95. */
export const BAR = 3;

/** The latency of each upload, ms. */
export interface Uploads {
  readonly idle: readonly number[];
  /** During a backfill with depth control. */
  readonly controlled: readonly number[];
  /** During a backfill without depth control. */
  readonly flooded: readonly number[];
}
export type Phase = keyof Uploads;
export const PHASES = ["idle", "controlled", "flooded"] as const satisfies readonly Phase[];

export interface PhaseFigures {
  /** ms */
  readonly p50: number;
  /** ms */
  readonly p95: number;
  /** p95 over that of the idle fleet. */
  readonly ratio: number;
}

export function figuresOf(uploads: Uploads): Readonly<Record<Phase, PhaseFigures>> {
  const idle = p95(uploads.idle);
  const of = (phase: Phase) => ({
    p50: rounded(median(uploads[phase])),
    p95: rounded(p95(uploads[phase])),
    ratio: rounded(p95(uploads[phase]) / idle),
  });
  return { idle: of("idle"), controlled: of("controlled"), flooded: of("flooded") };
}

/** The 95th percentile. @throws RangeError for no values */
export function p95(values: readonly number[]): number {
  const value = values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1];
  if (value === undefined) throw new RangeError("there is no p95 of no values");
  return value;
}

import { median, rounded } from "../measure/statistics.ts";

/** An upload's time during a backfill, over that on an idle fleet: p95 over p95. */
export const BAR = 3;

/** ms of each upload. */
export interface Uploads {
  readonly idle: readonly number[];
  /** During a backfill with its own depth control. */
  readonly controlled: readonly number[];
  /** During one that puts everything into the queue at once. */
  readonly flooded: readonly number[];
}
export type Phase = keyof Uploads;
export const PHASES = ["idle", "controlled", "flooded"] as const satisfies readonly Phase[];

export interface PhaseFigures {
  /** ms */
  readonly p50: number;
  /** ms */
  readonly p95: number;
  /** p95 over the idle one. */
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

/** The least value that 95 of 100 are not above. @throws RangeError for none */
export function p95(values: readonly number[]): number {
  const value = values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1];
  if (value === undefined) throw new RangeError("there is no p95 of no values");
  return value;
}

import { median, rounded } from "../measure/statistics.ts";
import type { Start } from "./start.ts";

/** Import to ready of the bundle, ms. */
const BAR_MS = 250;
/** Of the bundle, over that of the bare packages. */
const BAR_RATIO = 1.5;

export const COLD_START_CONTESTANTS = [
  "function",
  "bare",
  "functionFiles",
  "bareFiles",
  "nothing",
] as const;
export type ColdSide = (typeof COLD_START_CONTESTANTS)[number];

/** Medians over the rounds. */
export interface ColdFigures {
  readonly wallMs: Readonly<Record<ColdSide, number>>;
  readonly cpuMs: Readonly<Record<ColdSide, number>>;
  /** CPU time, which a busy machine changes little: function over bare, both bundled. */
  readonly ratio: number;
  /** The same as the files stand, with types to strip. */
  readonly filesRatio: number;
  readonly barMs: number;
  readonly barRatio: number;
  readonly met: boolean;
}

export function figuresOf(starts: Readonly<Record<ColdSide, readonly Start[]>>): ColdFigures {
  const each = (of: (start: Start) => number): Record<ColdSide, number> => {
    const over = (side: ColdSide) => rounded(median(starts[side].map(of)));
    return {
      function: over("function"),
      bare: over("bare"),
      functionFiles: over("functionFiles"),
      bareFiles: over("bareFiles"),
      nothing: over("nothing"),
    };
  };
  const ratio = (side: ColdSide, base: ColdSide) =>
    rounded(
      median(
        starts[side].map(({ cpuMs }, round) => cpuMs / (starts[base][round]?.cpuMs ?? Number.NaN)),
      ),
    );
  const wallMs = each((start) => start.wallMs);
  const bundled = ratio("function", "bare");
  return {
    wallMs,
    cpuMs: each((start) => start.cpuMs),
    ratio: bundled,
    filesRatio: ratio("functionFiles", "bareFiles"),
    barMs: BAR_MS,
    barRatio: BAR_RATIO,
    met: wallMs.function <= BAR_MS && bundled <= BAR_RATIO,
  };
}

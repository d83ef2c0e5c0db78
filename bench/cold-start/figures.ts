import { median, medianRatio, rounded } from "../measure/statistics.ts";
import type { Bar } from "../runner.ts";

/** Import of the bundle until it is ready, ms. */
const BAR_MS = 250;
/** CPU time of the bundle, over that of the packages alone. */
const BAR_RATIO = 1.5;

export const CONTESTANTS = {
  function: "the handler, bundled as it is deployed",
  bare: "sharp, client-s3 and client-sqs alone, bundled",
  functionFiles: "the handler, from its source files",
  bareFiles: "the three packages, from their own files",
  nothing: "the overhead of the measurement",
} as const;
export type Contestant = keyof typeof CONTESTANTS;
export const NAMES = [
  "function",
  "bare",
  "functionFiles",
  "bareFiles",
  "nothing",
] as const satisfies readonly Contestant[];

/** One start: wall and CPU time from import until ready, ms. */
export interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Medians over the rounds. */
export interface ColdStartFigures {
  readonly wallMs: Readonly<Record<Contestant, number>>;
  readonly cpuMs: Readonly<Record<Contestant, number>>;
  /** CPU time, which depends little on other load: function over bare, both bundled. */
  readonly ratio: number;
  /** The same ratio without bundles, with types to strip. */
  readonly filesRatio: number;
  readonly bars: readonly Bar[];
}

export function figuresOf(
  starts: Readonly<Record<Contestant, readonly Start[]>>,
): ColdStartFigures {
  const each = (of: (start: Start) => number): Record<Contestant, number> => {
    const over = (name: Contestant) => rounded(median(starts[name].map(of)));
    return {
      function: over("function"),
      bare: over("bare"),
      functionFiles: over("functionFiles"),
      bareFiles: over("bareFiles"),
      nothing: over("nothing"),
    };
  };
  const cpu = (name: Contestant) => starts[name].map(({ cpuMs }) => cpuMs);
  const wallMs = each((start) => start.wallMs);
  const ratio = medianRatio(cpu("function"), cpu("bare"));
  return {
    wallMs,
    cpuMs: each((start) => start.cpuMs),
    ratio,
    filesRatio: medianRatio(cpu("functionFiles"), cpu("bareFiles")),
    bars: [
      { what: "function, wall time", is: wallMs.function, most: BAR_MS, unit: " ms" },
      { what: "function / bare, CPU", is: ratio, most: BAR_RATIO },
    ],
  };
}

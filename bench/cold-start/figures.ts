import { median, medianRatio, rounded } from "../measure/statistics.ts";
import type { Bar } from "../runner.ts";

/** Import of the bundle until it is ready, ms. */
const BAR_MS = 250;
/** CPU time of the bundle, over that of the packages alone. */
const BAR_RATIO = 1.5;
/** CPU time of `deliver`, over that of the consumer. */
const BAR_DELIVER = 1.1;

export const CONTESTANTS = {
  function: "the handler, bundled as it is deployed",
  deliver: "the same of the function that makes renditions on request",
  bare: "sharp, client-s3 and client-sqs alone, bundled",
  functionFiles: "the handler, from its source files",
  bareFiles: "the three packages, from their own files",
  nothing: "the overhead of the measurement",
} as const;
export type Contestant = keyof typeof CONTESTANTS;
export const NAMES = [
  "function",
  "deliver",
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
  /** CPU time: `deliver` over function, both bundled. */
  readonly deliverRatio: number;
  /** The ratio of function over bare without bundles, with types to strip. */
  readonly filesRatio: number;
  readonly bars: readonly Bar[];
}

export function figuresOf(starts: ReadonlyMap<Contestant, readonly Start[]>): ColdStartFigures {
  const each = (of: (start: Start) => number): Record<Contestant, number> => {
    const over = (name: Contestant) => rounded(median((starts.get(name) ?? []).map(of)));
    return {
      function: over("function"),
      deliver: over("deliver"),
      bare: over("bare"),
      functionFiles: over("functionFiles"),
      bareFiles: over("bareFiles"),
      nothing: over("nothing"),
    };
  };
  const wallMs = each((start) => start.wallMs);
  const ratio = cpuRatio(starts, "function", "bare");
  const deliverRatio = cpuRatio(starts, "deliver", "function");
  return {
    wallMs,
    cpuMs: each((start) => start.cpuMs),
    ratio,
    deliverRatio,
    filesRatio: cpuRatio(starts, "functionFiles", "bareFiles"),
    bars: [
      { what: "function, wall time", is: wallMs.function, most: BAR_MS, unit: " ms" },
      { what: "function / bare, CPU", is: ratio, most: BAR_RATIO },
      deliverBar(deliverRatio),
    ],
  };
}

export function deliverBar(is: number): Bar {
  return { what: "cold start of deliver / consumer, CPU", is, most: BAR_DELIVER };
}

/** The median over the rounds, so that other load affects both. */
export function cpuRatio<Name extends string>(
  starts: ReadonlyMap<Name, readonly Start[]>,
  name: Name,
  base: Name,
): number {
  const cpu = (each: Name) => (starts.get(each) ?? []).map(({ cpuMs }) => cpuMs);
  return medianRatio(cpu(name), cpu(base));
}

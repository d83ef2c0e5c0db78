import { median, rounded, type Spread, spread } from "../measure/statistics.ts";
import type { Turn } from "./contestants.ts";

/** Our rate, over that of the loop over the SDK. */
export const RATE_BAR = 0.8;
/** Peak resident size with all keys, bytes. */
export const PEAK_BAR = 200 * 1024 * 1024;

/** One round: both contestants with the same keys. */
export interface Round {
  readonly bare: Turn;
  readonly ours: Turn;
}

/** CPU ms of the start and exit of each program, measured with few keys. */
export type Starts = Readonly<Record<keyof Round, number>>;

export interface EnqueueFigures {
  /** Our rate over the other, by rounds. */
  readonly rateRatio: Spread;
  /** Our CPU time per key over the other, without the start of the program, by rounds. */
  readonly cpuRatio: Spread;
  /** Medians over the rounds. */
  readonly keysPerSecond: Readonly<Record<keyof Round, number>>;
  readonly cpuMsPerThousand: Readonly<Record<keyof Round, number>>;
  readonly serverMsPerThousand: Readonly<Record<keyof Round, number>>;
  /** The maximum of all rounds, bytes. */
  readonly peakBytes: Readonly<Record<keyof Round, number>>;
}

export function figuresOf(rounds: readonly Round[], starts: Starts): EnqueueFigures {
  const rate = ({ keys, seconds }: Turn) => keys / seconds;
  const cpu = (side: keyof Round) => (round: Round) =>
    ((round[side].cpuMs - starts[side]) / round[side].keys) * 1000;
  const server = ({ serverMs, keys }: Turn) => (serverMs / keys) * 1000;
  const both = (of: (side: keyof Round) => number) => ({
    bare: rounded(of("bare")),
    ours: rounded(of("ours")),
  });
  const ratio = (of: (round: Round) => number) => {
    const { median: middle, least, most } = spread(rounds.map(of));
    return { median: rounded(middle), least: rounded(least), most: rounded(most) };
  };
  return {
    rateRatio: ratio(({ ours, bare }) => rate(ours) / rate(bare)),
    cpuRatio: ratio((round) => cpu("ours")(round) / cpu("bare")(round)),
    keysPerSecond: both((side) => median(rounds.map((round) => rate(round[side])))),
    cpuMsPerThousand: both((side) => median(rounds.map(cpu(side)))),
    serverMsPerThousand: both((side) => median(rounds.map((round) => server(round[side])))),
    peakBytes: both((side) => Math.max(...rounds.map((round) => round[side].peakBytes))),
  };
}

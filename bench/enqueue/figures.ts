import { median, rounded, type Spread, spread } from "../measure/statistics.ts";
import type { Turn } from "./contestants.ts";

/** Our rate, over that of the SDK in a loop. */
export const RATE_BAR = 0.8;
/** The most that is resident with all keys, bytes. */
export const PEAK_BAR = 200 * 1024 * 1024;

/** One round: both sides in turn on the same keys. */
export interface Round {
  readonly bare: Turn;
  readonly ours: Turn;
}

/** CPU ms that each side's program takes with next to no keys: its start and its end. */
export type Starts = Readonly<Record<keyof Round, number>>;

export interface EnqueueFigures {
  /** Of the rates of one round, ours over the other. */
  readonly rateRatio: Spread;
  /** Of CPU a key beyond the program's start, ours over the other. */
  readonly cpuRatio: Spread;
  /** Medians over the rounds. */
  readonly keysPerSecond: Readonly<Record<keyof Round, number>>;
  readonly cpuMsPerThousand: Readonly<Record<keyof Round, number>>;
  readonly serverMsPerThousand: Readonly<Record<keyof Round, number>>;
  /** The most of any round, bytes. */
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

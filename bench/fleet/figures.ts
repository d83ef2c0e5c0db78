import { median, rounded, spread } from "../measure/statistics.ts";
import type { Turn } from "./contestants.ts";

/** CPU time of the fleet per image, over that of core alone and of the calls alone. */
export const BAR = 1.1;

/** One round: each contestant with the same photos. */
export interface Round {
  readonly core: Turn;
  readonly sdk: Turn;
  readonly fleet: Turn;
}

/** Medians over the rounds. Only `emulator` contains the servers. */
export interface Figures {
  /** fleet / (codec + sdk) */
  readonly ratio: number;
  /** The range over the rounds. */
  readonly ratios: { readonly least: number; readonly most: number };
  readonly imagesPerSecond: { readonly core: number; readonly sdk: number; readonly fleet: number };
  readonly cpuMsPerImage: {
    /** Core alone: probe, plan, decode, render. */
    readonly codec: number;
    /** The same S3 and SQS calls alone. */
    readonly sdk: number;
    /** The rest of the fleet. */
    readonly ours: number;
    readonly fleet: number;
    /** The parts of the fleet: the function's processes and the event source. */
    readonly function: number;
    readonly eventSource: number;
    /** The servers during the run of the fleet. */
    readonly emulator: number;
  };
}

export function figuresOf(rounds: readonly Round[]): Figures {
  const over = (of: (round: Round) => number) => rounded(median(rounds.map(of)));
  const codec = ({ core }: Round) => core.functionMs / core.images;
  const sdk = (round: Round) => round.sdk.functionMs / round.sdk.images;
  const fleet = (round: Round) =>
    (round.fleet.functionMs + round.fleet.eventSourceMs) / round.fleet.images;
  const ratio = (round: Round) => fleet(round) / (codec(round) + sdk(round));
  const rate = ({ images, wallMs }: Turn) => (images / wallMs) * 1000;
  const ratios = spread(rounds.map(ratio));
  return {
    ratio: rounded(ratios.median),
    ratios: { least: rounded(ratios.least), most: rounded(ratios.most) },
    imagesPerSecond: {
      core: over((round) => rate(round.core)),
      sdk: over((round) => rate(round.sdk)),
      fleet: over((round) => rate(round.fleet)),
    },
    cpuMsPerImage: {
      codec: over(codec),
      sdk: over(sdk),
      ours: over((round) => fleet(round) - codec(round) - sdk(round)),
      fleet: over(fleet),
      function: over((round) => round.fleet.functionMs / round.fleet.images),
      eventSource: over((round) => round.fleet.eventSourceMs / round.fleet.images),
      emulator: over((round) => round.fleet.emulatorMs / round.fleet.images),
    },
  };
}

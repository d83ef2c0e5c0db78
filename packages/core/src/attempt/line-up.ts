import type { Unit } from "./unit.ts";

/** In which order a batch is worked on, so that what ends the process takes little from the others. */
export interface LineUp {
  /** Alone, before everything else: it may be received no more. */
  readonly last: Unit | undefined;
  /** Side by side. */
  readonly fresh: readonly Unit[];
  /** One after the other, each when all before it are over and acknowledged. */
  readonly suspects: readonly Unit[];
  /** Not begun at all but sent anew: a crash of what comes before them would be their last receive. */
  readonly anew: readonly Unit[];
}

/**
 * Lines a batch up. What may be received no more goes first: it is done, or it ends among the dead
 * and meets nobody again. Suspects come last, those first that were received least: an innocent
 * companion of a crash was received less often than what has crashed before.
 */
export function lineUp(units: readonly Unit[], maxReceives: number): LineUp {
  const atLast = ({ messages }: Unit) => messages.some((one) => one.receiveCount >= maxReceives);
  const suspects = units.filter(({ suspect }) => suspect);
  const [last, ...anew] = suspects.filter(atLast);
  return {
    last,
    fresh: units.filter(({ suspect }) => !suspect),
    suspects: suspects.filter((unit) => !atLast(unit)).sort((a, b) => receives(a) - receives(b)),
    anew,
  };
}

function receives({ messages }: Unit): number {
  return Math.max(...messages.map(({ receiveCount }) => receiveCount));
}

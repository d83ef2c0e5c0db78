import type { Unit } from "./unit.ts";

/** How suspects are worked on. */
export interface LineUp {
  /** One after the other, each only when the one before it is over and acknowledged. */
  readonly line: readonly Unit[];
  /** Not begun at all: sent anew, for a crash of the first in line would be their last receive. */
  readonly anew: readonly Unit[];
}

/**
 * Lines suspects up so that the one that ends the process takes as little from the others as can be.
 *
 * What may be received no more goes first: it is done, or it ends among the dead, and cannot meet the
 * same companions for ever. Then those that were received least, for an innocent companion of a crash
 * was received less often than what has crashed before.
 */
export function lineUp(suspects: readonly Unit[], maxReceives: number): LineUp {
  const last = suspects.filter((unit) => receives(unit) >= maxReceives);
  const others = suspects.filter((unit) => !last.includes(unit));
  const [first, ...anew] = last;
  const patient = others.toSorted((a, b) => receives(a) - receives(b));
  return { line: first ? [first, ...patient] : patient, anew: suspects.length > 1 ? anew : [] };
}

function receives({ messages }: Unit): number {
  return Math.max(...messages.map(({ receiveCount }) => receiveCount));
}

import type { SourceGroup } from "./source-group.ts";

/** In which order a batch is worked on, so that what ends the process takes little from the others. */
export interface BatchSchedule {
  /** Alone, before everything else: it may be received no more. */
  readonly last: SourceGroup | undefined;
  /** Side by side. */
  readonly fresh: readonly SourceGroup[];
  /** One after the other, each when all before it are over and acknowledged. */
  readonly suspects: readonly SourceGroup[];
  /** Not begun at all but sent anew: a crash of what comes before them would be their last receive. */
  readonly toRequeue: readonly SourceGroup[];
}

/**
 * Lines a batch up. What may be received no more goes first: it is done, or it ends among the dead
 * and meets nobody again. Suspects come last, those first that were received least: an innocent
 * companion of a crash was received less often than what has crashed before.
 */
export function scheduleBatch(groups: readonly SourceGroup[], maxReceives: number): BatchSchedule {
  const atLast = ({ messages }: SourceGroup) =>
    messages.some(({ message }) => message.receiveCount >= maxReceives);
  const suspects = groups.filter(({ suspect }) => suspect);
  const [last, ...toRequeue] = suspects.filter(atLast);
  return {
    last,
    fresh: groups.filter(({ suspect }) => !suspect),
    suspects: suspects.filter((group) => !atLast(group)).sort((a, b) => receives(a) - receives(b)),
    toRequeue,
  };
}

function receives({ messages }: SourceGroup): number {
  return Math.max(...messages.map(({ message }) => message.receiveCount));
}

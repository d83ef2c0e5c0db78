import type { SourceGroup } from "./source-group.ts";

/** The order of a batch, in which a message that ends the process affects few others. */
export interface BatchSchedule {
  /** Alone and first: this is its last permitted receive. */
  readonly last: SourceGroup | undefined;
  /** Concurrently. */
  readonly fresh: readonly SourceGroup[];
  /** One after the other, each after everything before it is settled and acknowledged. */
  readonly suspects: readonly SourceGroup[];
  /** Not attempted but requeued: a crash of the others would use up their last receive. */
  readonly toRequeue: readonly SourceGroup[];
}

/**
 * Schedules a batch. A suspect at its last receive is first: it is done, or it becomes a dead letter
 * and is in no batch again. The other suspects are last, in the order of their receives: a message
 * that was only in one batch with a crash was received less often than the one that crashed.
 *
 * @example
 * const { fresh, suspects } = scheduleBatch(groupBySource(messages), 5);
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

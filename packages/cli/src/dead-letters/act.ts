import type { Lane } from "@imagefleet/core/outcome";
import {
  type DeadLetter,
  type Queue,
  type ReceivedMessage,
  readDeadLetter,
} from "@imagefleet/core/queue";
import { type SweepOptions, sweep } from "./sweep.ts";

/**
 * Does something with dead letters that were surveyed before, and with no others: what was redriven and
 * died again meanwhile has another id.
 *
 * @param ids of the dead letters that are meant
 * @param work gets up to ten; gives those that are gone from the queue
 * @returns the dead letters that were not met again: somebody else took them
 */
export async function act(
  queue: Queue,
  lane: Lane,
  ids: ReadonlySet<string>,
  options: Pick<SweepOptions, "leaseSeconds" | "waitSeconds" | "signal" | "pollers">,
  work: (
    deadLetters: readonly { deadLetter: DeadLetter; message: ReceivedMessage }[],
  ) => Promise<readonly ReceivedMessage[]>,
): Promise<number> {
  if (ids.size === 0) return 0;
  const left = new Set(ids);
  await sweep(queue, {
    ...options,
    enough: () => left.size === 0,
    async take(messages) {
      const meant = messages.filter(({ id }) => left.has(id));
      if (meant.length === 0) return [];
      const gone = await work(
        meant.map((message) => ({ deadLetter: readDeadLetter(message, lane), message })),
      );
      for (const { id } of meant) left.delete(id);
      return gone;
    },
  });
  return options.signal.aborted ? 0 : left.size;
}

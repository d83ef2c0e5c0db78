import type { Queue, ReceivedMessage } from "@imagefleet/core/queue";

/** Receives at once: a receive of ten takes AWS some 20 ms. */
const POLLERS = 6;

export interface SweepOptions {
  /** For how long what is read is hidden from others; after a kill it comes back then. */
  readonly leaseSeconds: number;
  /** Above 0, SQS asks all of its servers: only then does an empty answer mean an empty queue. */
  readonly waitSeconds: number;
  readonly pollers?: number;
  readonly signal: AbortSignal;
  /** Gets each message once; gives those that are gone from the queue and need not be given back. */
  readonly take: (messages: readonly ReceivedMessage[]) => Promise<readonly ReceivedMessage[]>;
  /** True when no more need be read. */
  readonly enough?: () => boolean;
}

/**
 * Reads a queue through, in whatever order it gives its messages, until it gives nothing new. Each is
 * held under a lease meanwhile, so that none comes twice; whatever is still there at the end, or at
 * an abort, is given back at once. After a kill, SQS gives it back when the lease is over.
 *
 * @returns how many messages were seen
 * @throws Failure, and what `take` throws; then too all is given back
 */
export async function sweep(queue: Queue, options: SweepOptions): Promise<number> {
  const { leaseSeconds, waitSeconds, signal, take, enough = () => false } = options;
  /** Of what is read, no more is kept than what gives it back: bodies of ten thousand are much. */
  const held = new Map<string, Pick<ReceivedMessage, "receiptHandle">>();
  const seen = new Set<string>();
  let failed = false;
  const poll = async () => {
    while (!signal.aborted && !failed && !enough()) {
      const messages = await queue.receive({ leaseSeconds, waitSeconds });
      const fresh = messages.filter(({ id }) => !seen.has(id));
      for (const message of messages) {
        seen.add(message.id);
        held.set(message.id, { receiptHandle: message.receiptHandle });
      }
      // Only such as are known: their leases are over, and the queue has been read through.
      if (fresh.length === 0) return;
      for (const { id } of await take(fresh)) held.delete(id);
    }
  };
  try {
    const polls = Array.from({ length: options.pollers ?? POLLERS }, () =>
      poll().catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    );
    const ended = await Promise.allSettled(polls);
    const broken = ended.find((end) => end.status === "rejected");
    if (broken) throw broken.reason;
  } finally {
    await release(queue, [...held.values()]);
  }
  return seen.size;
}

async function release(
  queue: Queue,
  messages: readonly Pick<ReceivedMessage, "receiptHandle">[],
): Promise<void> {
  const share = Math.ceil(messages.length / POLLERS / 10) * 10;
  const shares = Array.from({ length: POLLERS }, (_unused, index) =>
    messages.slice(index * share, (index + 1) * share),
  );
  await Promise.all(shares.map((some) => queue.changeVisibilityBatch(some, 0)));
}

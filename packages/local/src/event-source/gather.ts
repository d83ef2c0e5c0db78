import type { Message } from "@aws-sdk/client-sqs";
import { pause } from "./backoff.ts";
import { describe, type Queue } from "./queue.ts";

/**
 * Seconds of one long poll, of SQS's 20. A poll cannot be given up: the server may have taken
 * messages for it that nobody would then hold, hidden until their visibility timeout. So it ends by
 * itself, and its length is the longest that a stop waits.
 */
const POLL_SECONDS = 1;
/** Between short polls in the last second of a window, which a long poll would overrun. */
const SHORT_POLL_MS = 50;

export interface GatherOptions {
  readonly batchSize: number;
  /** ms from the first message */
  readonly windowMs: number;
  readonly stopping: AbortSignal;
  /** Called for each message at the moment that it is held, and so must be settled. */
  readonly onReceived: (count: number) => void;
  readonly onError: (error: Error) => void;
}

/**
 * One batch: empty when a long poll brought nothing or when stopped.
 * @throws what the first receive throws; a later one's error goes to onError, and what there is counts
 */
export async function gather(queue: Queue, options: GatherOptions): Promise<readonly Message[]> {
  const { batchSize, windowMs, stopping } = options;
  // By id: with a window longer than its visibility a message may come twice, and only its newest
  // receipt handle is good.
  const held = new Map<string | undefined, Message>();
  const receive = async (seconds: number): Promise<number> => {
    const messages = await queue.receive(batchSize - held.size, seconds);
    const before = held.size;
    for (const message of messages) held.set(message.MessageId, message);
    options.onReceived(held.size - before);
    return messages.length;
  };

  if ((await receive(POLL_SECONDS)) === 0) return [];
  const windowEnds = performance.now() + windowMs;
  while (held.size < batchSize && !stopping.aborted) {
    const left = windowEnds - performance.now();
    if (left <= 0) break;
    const seconds = left >= POLL_SECONDS * 1000 ? POLL_SECONDS : 0;
    try {
      const count = await receive(seconds);
      if (count === 0 && seconds === 0) await pause(Math.min(left, SHORT_POLL_MS), stopping);
    } catch (error) {
      options.onError(new Error(`A batch is cut short: ${describe(error)}`, { cause: error }));
      break;
    }
  }
  return [...held.values()];
}

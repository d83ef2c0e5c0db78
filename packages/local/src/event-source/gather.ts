import type { Message } from "@aws-sdk/client-sqs";
import { pause } from "./backoff.ts";
import { describe, type Queue } from "./queue.ts";

/**
 * Seconds of one long poll; SQS allows 20. A poll is never aborted, because the server may have received
 * messages for it, which would stay hidden until their visibility timeout. A stop waits this long at most.
 */
const POLL_SECONDS = 1;
/** ms between short polls in the last second of a window, which a long poll would exceed. */
const SHORT_POLL_MS = 50;

export interface GatherOptions {
  readonly batchSize: number;
  /** ms from the first message */
  readonly windowMs: number;
  readonly stopping: AbortSignal;
  /** Called for each received message, which must then be settled. */
  readonly onReceived: (count: number) => void;
  readonly onError: (error: Error) => void;
}

/**
 * Receives one batch, which is empty after an empty long poll or a stop.
 * @throws the first receive's error; a later error goes to onError and ends the batch
 */
export async function gather(queue: Queue, options: GatherOptions): Promise<readonly Message[]> {
  const { batchSize, windowMs, stopping } = options;
  // By id: a message is received twice when the window is longer than its visibility timeout, and only its
  // newest receipt handle is valid.
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

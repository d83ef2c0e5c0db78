import { attempt } from "@imagefleet/core/attempt";
import { Failure } from "@imagefleet/core/outcome";
import type { ReceivedMessage } from "@imagefleet/core/queue";
import pLimit from "p-limit";
import type { Consume } from "./compose.ts";

/** Kept for the answer: writing the last dead letter and reporting the failures. */
const ANSWER_MS = 3_000;

/** A record that is begun with less than this (or a quarter of the whole time) is likely to be cut off. */
const MIN_START_MS = 15_000;

/**
 * Works on a batch and says which messages are to come back, by id. Near the deadline, records that
 * were not begun are handed back at once instead of being lost in a timeout.
 *
 * @param remainingMs time left of the invocation, ms
 */
export async function workOnBatch(
  messages: readonly ReceivedMessage[],
  consume: Consume,
  remainingMs: () => number,
): Promise<string[]> {
  const enough = Math.min(MIN_START_MS, remainingMs() / 4);
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new Failure("TimedOut", "the function's time ran out")),
    Math.max(0, remainingMs() - ANSWER_MS),
  );
  const limit = pLimit(consume.inHand);
  try {
    const settled = await limit.map(messages, async (message) => {
      const settlement =
        remainingMs() < enough + ANSWER_MS
          ? ({ kind: "comeBack", seconds: 0 } as const)
          : await attempt(message, consume.attempt, deadline.signal);
      if (settlement.kind === "acknowledge") return [];
      await comeBackIn(settlement.seconds, message, consume);
      return [message.id];
    });
    return settled.flat();
  } finally {
    clearTimeout(timer);
  }
}

/** Without it the message comes back all the same, when its visibility timeout ends. */
async function comeBackIn(seconds: number, message: ReceivedMessage, consume: Consume) {
  try {
    await consume.queue.comeBackIn(seconds, message);
  } catch (error) {
    consume.attempt.log.warn(
      { err: error, messageId: message.id },
      "could not set when it comes back",
    );
  }
}

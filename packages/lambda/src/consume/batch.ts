import { attempt } from "@imagefleet/core/attempt";
import { Failure } from "@imagefleet/core/outcome";
import type { ReceivedMessage } from "@imagefleet/core/queue";
import pLimit from "p-limit";
import type { Consume } from "./compose.ts";

/**
 * Kept for the answer (the last dead letter, the failures' visibility), ms, and at most a tenth of
 * the invocation.
 */
const ANSWER_MS = 3_000;

/**
 * A record that is begun with less time than this, ms, is likely to be cut off. At most a quarter of
 * the invocation: its first records are always begun, or a short timeout would hand everything back
 * until SQS gives it up.
 */
const START_MS = 15_000;

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
  const wholeMs = remainingMs();
  const answerMs = Math.min(ANSWER_MS, wholeMs / 10);
  const enoughMs = Math.min(START_MS, wholeMs / 4) + answerMs;
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new Failure("TimedOut", "the function's time ran out")),
    wholeMs - answerMs,
  );
  const limit = pLimit(consume.inHand);
  try {
    const settled = await limit.map(messages, async (message) => {
      const settlement =
        remainingMs() < enoughMs
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

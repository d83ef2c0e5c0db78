import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Lane } from "@imagefleet/core/outcome";
import { Queue, type ReceivedMessage, readDeadLetter } from "@imagefleet/core/queue";
import type { DeadLetterReport } from "./fleet.ts";

/** Long enough to read a whole queue, and short enough for the messages of a killed reader. */
const READ_SECONDS = 30;

/** Every dead letter of a lane. All are released once all are read. */
export async function readDeadLetters(
  sqs: SQSClient,
  url: string,
  lane: Lane,
): Promise<DeadLetterReport[]> {
  const queue = new Queue(sqs, url);
  const held = new Map<string, ReceivedMessage>();
  for (;;) {
    const messages = await queue.receive({ leaseSeconds: READ_SECONDS, waitSeconds: 0 });
    if (messages.length === 0) break;
    for (const message of messages) held.set(message.id, message);
  }
  await queue.changeVisibilityBatch([...held.values()], 0);
  return [...held.values()].map((message) => describe(message, lane));
}

function describe(message: ReceivedMessage, lane: Lane): DeadLetterReport {
  const { source, reason, message: text, lastAttemptAt } = readDeadLetter(message, lane);
  return { ...source, reason, message: text, lane, at: lastAttemptAt };
}

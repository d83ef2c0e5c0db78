import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { parseMessage } from "@imagefleet/core/intake";
import {
  CRASHED,
  type DeadLetterReason,
  FAILED_REASONS,
  type Lane,
  REJECTED_REASONS,
} from "@imagefleet/core/outcome";
import { LETTER } from "@imagefleet/core/queue";
import type { DeadLetterReport } from "./fleet.ts";

/** Long enough to read a queue to its end, short enough that a killed reader hides nothing for long. */
const READ_SECONDS = 30;

/** Every dead letter of a lane; each is given back at once when all are read. */
export async function readLetters(
  sqs: SQSClient,
  url: string,
  lane: Lane,
): Promise<DeadLetterReport[]> {
  const held = new Map<string, Message>();
  for (;;) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: READ_SECONDS,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      }),
    );
    if (messages.length === 0) break;
    for (const message of messages) {
      if (message.MessageId !== undefined) held.set(message.MessageId, message);
    }
  }
  await release(sqs, url, [...held.values()]);
  return [...held.values()].map((message) => describe(message, lane));
}

async function release(sqs: SQSClient, url: string, messages: readonly Message[]): Promise<void> {
  for (let from = 0; from < messages.length; from += 10) {
    await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: messages.slice(from, from + 10).map((message, index) => ({
          Id: String(index),
          ReceiptHandle: message.ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
    );
  }
}

const REASONS: readonly string[] = [...REJECTED_REASONS, ...FAILED_REASONS];

function describe(message: Message, lane: Lane): DeadLetterReport {
  const text = (name: string) => message.MessageAttributes?.[name]?.StringValue;
  const reason = text(LETTER.reason);
  const lastAttemptAt = text(LETTER.lastAttemptAt);
  // A letter that SQS itself moved has the message's body and no reason.
  const intake = parseMessage(message.Body ?? "");
  const job = intake.kind === "jobs" ? intake.jobs[0] : undefined;
  const bucket = text(LETTER.bucket) ?? job?.bucket;
  const key = text(LETTER.key) ?? job?.key;
  return {
    ...(bucket === undefined ? {} : { bucket }),
    ...(key === undefined ? {} : { key }),
    reason: isReason(reason) ? reason : CRASHED,
    message: text(LETTER.message) ?? "no program lived to say why: it was received too often",
    lane,
    at: lastAttemptAt
      ? Date.parse(lastAttemptAt)
      : Number(message.Attributes?.ApproximateFirstReceiveTimestamp ?? Date.now()),
  };
}

function isReason(text: string | undefined): text is DeadLetterReason {
  return text !== undefined && REASONS.includes(text);
}

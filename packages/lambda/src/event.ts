import type { ReceivedMessage } from "@imagefleet/core/queue";
import * as v from "valibot";

const number = v.pipe(v.string(), v.toNumber());

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
const recordSchema = v.object({
  messageId: v.string(),
  receiptHandle: v.string(),
  body: v.string(),
  attributes: v.object({
    ApproximateReceiveCount: number,
    SentTimestamp: number,
    ApproximateFirstReceiveTimestamp: number,
    AWSTraceHeader: v.optional(v.string()),
  }),
  messageAttributes: v.record(v.string(), v.object({ stringValue: v.nullish(v.string()) })),
});
const eventSchema = v.object({ Records: v.array(v.looseObject({ messageId: v.string() })) });

/** The messages of an invocation, and the ids of the records that cannot be read. */
export interface SqsBatch {
  readonly messages: readonly ReceivedMessage[];
  readonly unreadable: readonly string[];
}

/** Reads the event of an invocation. @throws ValiError if it is not an event of an SQS queue */
export function readEvent(event: unknown): SqsBatch {
  const messages: ReceivedMessage[] = [];
  const unreadable: string[] = [];
  for (const record of v.parse(eventSchema, event).Records) {
    const parsed = v.safeParse(recordSchema, record);
    if (parsed.success) messages.push(asReceived(parsed.output));
    else unreadable.push(record.messageId);
  }
  return { messages, unreadable };
}

function asReceived(record: v.InferOutput<typeof recordSchema>): ReceivedMessage {
  const { attributes, messageAttributes } = record;
  const texts = Object.entries(messageAttributes).flatMap(([name, { stringValue }]) =>
    typeof stringValue !== "string" ? [] : [[name, stringValue] as const],
  );
  return {
    id: record.messageId,
    receiptHandle: record.receiptHandle,
    body: record.body,
    attributes: Object.fromEntries(texts),
    receiveCount: attributes.ApproximateReceiveCount,
    sentAt: attributes.SentTimestamp,
    firstReceivedAt: attributes.ApproximateFirstReceiveTimestamp,
    traceHeader: attributes.AWSTraceHeader,
  };
}

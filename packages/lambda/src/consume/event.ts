import type { ReceivedMessage } from "@imagefleet/core/queue";
import * as v from "valibot";

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export const sqsEventSchema = v.object({
  Records: v.array(
    v.object({
      messageId: v.string(),
      receiptHandle: v.string(),
      body: v.string(),
      attributes: v.object({
        ApproximateReceiveCount: v.pipe(v.string(), v.transform(Number)),
        SentTimestamp: v.pipe(v.string(), v.transform(Number)),
        ApproximateFirstReceiveTimestamp: v.pipe(v.string(), v.transform(Number)),
        AWSTraceHeader: v.optional(v.string()),
      }),
      messageAttributes: v.record(v.string(), v.object({ stringValue: v.optional(v.string()) })),
    }),
  ),
});

export type SqsRecord = v.InferOutput<typeof sqsEventSchema>["Records"][number];

export function asReceived(record: SqsRecord): ReceivedMessage {
  const { attributes, messageAttributes } = record;
  const texts = Object.entries(messageAttributes).flatMap(([name, { stringValue }]) =>
    stringValue === undefined ? [] : [[name, stringValue] as const],
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

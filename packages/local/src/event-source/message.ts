import type { Message } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import * as v from "valibot";

const attribute = v.pipe(
  v.object({
    DataType: v.string(),
    StringValue: v.optional(v.string()),
    BinaryValue: v.optional(v.instance(Uint8Array)),
  }),
  // As in Lambda, the lists are always present and empty.
  v.transform(({ DataType, StringValue, BinaryValue }) => ({
    ...(StringValue !== undefined && { stringValue: StringValue }),
    ...(BinaryValue && { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
    stringListValues: [],
    binaryListValues: [],
    dataType: DataType,
  })),
);

const schema = v.object({
  MessageId: v.pipe(v.string(), v.nonEmpty()),
  ReceiptHandle: v.pipe(v.string(), v.nonEmpty()),
  Body: v.string(),
  MD5OfBody: v.string(),
  MD5OfMessageAttributes: v.optional(v.string()),
  Attributes: v.objectWithRest(
    {
      ApproximateReceiveCount: v.string(),
      SentTimestamp: v.string(),
      SenderId: v.string(),
      ApproximateFirstReceiveTimestamp: v.string(),
    },
    v.string(),
  ),
  MessageAttributes: v.optional(v.record(v.string(), attribute), {}),
});

/** The origin fields of every record. */
export interface Origin {
  readonly queueArn: string;
  readonly region: string;
}

/**
 * The record of a received message.
 * @throws Error with the field's name when a field is missing that AWS always has
 */
export function recordOf(message: Message, origin: Origin): SQSRecord {
  const parsed = v.safeParse(schema, message);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new Error(
      `A message from ${origin.queueArn} is not a valid SQS message: ${v.getDotPath(issue)}: ${issue.message}`,
    );
  }
  const { output } = parsed;
  return {
    messageId: output.MessageId,
    receiptHandle: output.ReceiptHandle,
    body: output.Body,
    attributes: output.Attributes,
    messageAttributes: output.MessageAttributes,
    md5OfBody: output.MD5OfBody,
    ...(output.MD5OfMessageAttributes !== undefined && {
      md5OfMessageAttributes: output.MD5OfMessageAttributes,
    }),
    eventSource: "aws:sqs",
    eventSourceARN: origin.queueArn,
    awsRegion: origin.region,
  };
}

import type { Message } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import * as v from "valibot";

const attribute = v.pipe(
  v.object({
    DataType: v.string(),
    StringValue: v.optional(v.string()),
    BinaryValue: v.optional(v.instance(Uint8Array)),
  }),
  // Lambda's order and form: the lists are always there and always empty.
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

/** Where messages come from, as every record repeats it. */
export interface Origin {
  readonly queueArn: string;
  readonly region: string;
}

/**
 * A received message as Lambda hands it to a function.
 * @throws Error that names the field, when the server left out something that AWS always gives
 */
export function recordOf(message: Message, origin: Origin): SQSRecord {
  const parsed = v.safeParse(schema, message);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new Error(
      `A message from ${origin.queueArn} is not as SQS gives it: ${v.getDotPath(issue)}: ${issue.message}`,
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

import type { Message } from "@aws-sdk/client-sqs";

/** A message as it was received. Times are ms since the epoch. */
export interface ReceivedMessage {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** The text attributes of the message. */
  readonly attributes: Readonly<Record<string, string>>;
  /** 1 at the first receive. */
  readonly receiveCount: number;
  readonly sentAt: number;
  readonly firstReceivedAt: number;
  /** The trace that its sender was a part of, as X-Ray writes it. */
  readonly traceHeader?: string | undefined;
}

/** A message of the SDK; undefined when the answer is incomplete. */
export function asReceived(message: Message): ReceivedMessage | undefined {
  if (message.MessageId === undefined || message.ReceiptHandle === undefined) return undefined;
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.MessageAttributes ?? {})) {
    if (value.StringValue !== undefined) attributes[name] = value.StringValue;
  }
  return {
    id: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body ?? "",
    attributes,
    receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    sentAt: Number(message.Attributes?.SentTimestamp ?? Date.now()),
    firstReceivedAt: Number(message.Attributes?.ApproximateFirstReceiveTimestamp ?? Date.now()),
    traceHeader: message.Attributes?.AWSTraceHeader,
  };
}

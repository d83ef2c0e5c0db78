import type { Message } from "@aws-sdk/client-sqs";

/** A received message. Times are ms since the epoch. */
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
  /** The trace of its sender, as an X-Ray header. */
  readonly traceHeader?: string | undefined;
}

/** Converts a message of the SDK; undefined if it is incomplete. */
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

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
}

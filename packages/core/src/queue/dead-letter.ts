import type { DeadLetterReason, Lane } from "../outcome/index.ts";
import type { ReceivedMessage } from "./message.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_ATTRIBUTES = 10;

/**
 * A dead letter is the message that could not be done, its body as it was, with these attributes.
 * SQS takes ten attributes a message.
 */
export const DEAD_LETTER_ATTRIBUTES = {
  reason: "Reason",
  message: "Message",
  lane: "Lane",
  bucket: "Bucket",
  key: "Key",
  firstAttemptAt: "FirstAttemptAt",
  lastAttemptAt: "LastAttemptAt",
  receiveCount: "ReceiveCount",
  redriveCount: "RedriveCount",
  /** Of a redriven message, the reason that its dead letter gave; none where the program had died. */
  redriveOf: "RedriveOf",
} as const;

/** Long enough to say what happened, short beside SQS's limit of 256 KiB a message. */
const MAX_TEXT = 500;

export interface DeadLetterDetails {
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly lane: Lane;
  /** Absent when the message could not be read. */
  readonly source?: { readonly bucket: string; readonly key: string };
  /** ms since the epoch */
  readonly lastAttemptAt: number;
}

/** The attributes of a dead letter; `redriveCount` is kept from the message, whoever redrove it. */
export function deadLetterAttributes(
  deadLetter: DeadLetterDetails,
  received: ReceivedMessage,
): Record<string, string> {
  return {
    [DEAD_LETTER_ATTRIBUTES.reason]: deadLetter.reason,
    [DEAD_LETTER_ATTRIBUTES.message]: attributeText(deadLetter.message) || deadLetter.reason,
    [DEAD_LETTER_ATTRIBUTES.lane]: deadLetter.lane,
    ...(deadLetter.source && {
      [DEAD_LETTER_ATTRIBUTES.bucket]: attributeText(deadLetter.source.bucket),
      [DEAD_LETTER_ATTRIBUTES.key]: attributeKey(deadLetter.source.key),
    }),
    [DEAD_LETTER_ATTRIBUTES.firstAttemptAt]: new Date(received.firstReceivedAt).toISOString(),
    [DEAD_LETTER_ATTRIBUTES.lastAttemptAt]: new Date(deadLetter.lastAttemptAt).toISOString(),
    [DEAD_LETTER_ATTRIBUTES.receiveCount]: String(received.receiveCount),
    [DEAD_LETTER_ATTRIBUTES.redriveCount]: String(redriveCount(received)),
  };
}

/** A dead letter that a program lived to write, redriven and not yet received again. */
export function hasRecordedReason({ attributes, receiveCount }: ReceivedMessage): boolean {
  if (receiveCount > 1) return false;
  return (
    attributes[DEAD_LETTER_ATTRIBUTES.reason] !== undefined ||
    attributes[DEAD_LETTER_ATTRIBUTES.redriveOf] !== undefined
  );
}

/** A message that has been a dead letter before carries what made it one. */
export function wasDeadLetter(message: ReceivedMessage): boolean {
  return (
    message.attributes[DEAD_LETTER_ATTRIBUTES.reason] !== undefined || redriveCount(message) > 0
  );
}

/** How often it was redriven; 0 where what says so is no count. */
export function redriveCount({ attributes }: Pick<ReceivedMessage, "attributes">): number {
  const count = Number(attributes[DEAD_LETTER_ATTRIBUTES.redriveCount] ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/**
 * SQS refuses characters that XML 1.0 cannot carry: they are shown as U+FFFD.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** A key as its dead letter's attribute has it, in which what SQS refuses is shown and not kept. */
export function attributeKey(key: string): string {
  return attributeText(key, Number.POSITIVE_INFINITY);
}

function attributeText(text: string, max = MAX_TEXT): string {
  const clean = text.toWellFormed().replace(NOT_XML, "\ufffd");
  return clean.length > max ? `${clean.slice(0, max - 1)}…`.toWellFormed() : clean;
}

import type { DeadLetterReason, Lane } from "../outcome/index.ts";
import type { ReceivedMessage } from "./message.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_ATTRIBUTES = 10;

/**
 * A dead letter is the message that could not be done, its body as it was, with these attributes.
 * SQS takes ten attributes a message.
 */
export const LETTER = {
  reason: "Reason",
  message: "Message",
  lane: "Lane",
  bucket: "Bucket",
  key: "Key",
  firstAttemptAt: "FirstAttemptAt",
  lastAttemptAt: "LastAttemptAt",
  receiveCount: "ReceiveCount",
  redriveCount: "RedriveCount",
  /** Of a redriven message, the reason that its letter gave; none where the program had died. */
  redriveOf: "RedriveOf",
} as const;

/** Long enough to say what happened, short beside SQS's limit of 256 KiB a message. */
const MAX_TEXT = 500;

export interface DeadLetter {
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly lane: Lane;
  /** Absent when the message could not be read. */
  readonly source?: { readonly bucket: string; readonly key: string };
  /** ms since the epoch */
  readonly lastAttemptAt: number;
}

/** The attributes of a dead letter; `redriveCount` is kept from the message, whoever redrove it. */
export function letterAttributes(
  letter: DeadLetter,
  received: ReceivedMessage,
): Record<string, string> {
  return {
    [LETTER.reason]: letter.reason,
    [LETTER.message]: attributeText(letter.message) || letter.reason,
    [LETTER.lane]: letter.lane,
    ...(letter.source && {
      [LETTER.bucket]: attributeText(letter.source.bucket),
      [LETTER.key]: attributeKey(letter.source.key),
    }),
    [LETTER.firstAttemptAt]: new Date(received.firstReceivedAt).toISOString(),
    [LETTER.lastAttemptAt]: new Date(letter.lastAttemptAt).toISOString(),
    [LETTER.receiveCount]: String(received.receiveCount),
    [LETTER.redriveCount]: String(redriveCount(received)),
  };
}

/** A dead letter that a program lived to write, redriven and not yet received again. */
export function wasAnsweredFor({ attributes, receiveCount }: ReceivedMessage): boolean {
  if (receiveCount > 1) return false;
  return attributes[LETTER.reason] !== undefined || attributes[LETTER.redriveOf] !== undefined;
}

/** A message that has been a dead letter before carries what made it one. */
export function wasDeadLetter(message: ReceivedMessage): boolean {
  return message.attributes[LETTER.reason] !== undefined || redriveCount(message) > 0;
}

/** How often it was redriven; 0 where what says so is no count. */
export function redriveCount({ attributes }: Pick<ReceivedMessage, "attributes">): number {
  const count = Number(attributes[LETTER.redriveCount] ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/**
 * SQS refuses characters that XML 1.0 cannot carry: they are shown as U+FFFD.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** A key as its letter's attribute has it, in which what SQS refuses is shown and not kept. */
export function attributeKey(key: string): string {
  return attributeText(key, Number.POSITIVE_INFINITY);
}

function attributeText(text: string, max = MAX_TEXT): string {
  const clean = text.toWellFormed().replace(NOT_XML, "\ufffd");
  return clean.length > max ? `${clean.slice(0, max - 1)}…`.toWellFormed() : clean;
}

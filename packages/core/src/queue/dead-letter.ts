import { isObjectName, parseMessage } from "../intake/index.ts";
import {
  CRASHED,
  type DeadLetterReason,
  DOCTOR_TEST,
  FAILED_REASONS,
  type Lane,
  REJECTED_REASONS,
} from "../outcome/index.ts";
import type { ReceivedMessage } from "./message.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_ATTRIBUTES = 10;

/** A dead letter is the original message, its body unchanged, with these attributes. */
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
  /** Of a redriven message: the reason in its dead letter, absent if its process had crashed. */
  redriveOf: "RedriveOf",
} as const;

/** Characters. It leaves room in SQS's limit of 256 KiB per message. */
const MAX_TEXT = 500;

const DAY_MS = 86_400_000;

const REASONS: readonly string[] = [...REJECTED_REASONS, ...FAILED_REASONS, CRASHED, DOCTOR_TEST];

export interface DeadLetterDetails {
  readonly reason: DeadLetterReason;
  readonly message: string;
  readonly lane: Lane;
  /** Absent when the message could not be read. */
  readonly source?: { readonly bucket: string; readonly key: string };
  /** ms since the epoch. After a crash, the time of sending. */
  readonly lastAttemptAt: number;
}

/** A dead letter in its queue. Times are ms since the epoch. */
export interface DeadLetter extends DeadLetterDetails {
  /** The id of the message: it is the same as long as the message is in the queue. */
  readonly id: string;
  /** Absent after a crash. */
  readonly firstAttemptAt?: number;
  /** How often its lane received it; absent after a crash. */
  readonly receiveCount?: number;
  readonly redriveCount: number;
  /** The `reprocess` run that sent its job. */
  readonly run?: string;
}

/**
 * The attributes of a dead letter. The redrive count of the message is kept.
 *
 * @example
 * const why = { reason: "Internal", message: "no answer", lane: "small" } as const;
 * const attributes = deadLetterAttributes({ ...why, lastAttemptAt: Date.now() }, message);
 * await deadLetters.send({ body: message.body, attributes });
 */
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

/**
 * Whether a message is a redriven dead letter with a reason, received for the first time since.
 *
 * @example
 * const mayCrashAgain = wasDeadLetter(message) && !hasRecordedReason(message);
 */
export function hasRecordedReason({ attributes, receiveCount }: ReceivedMessage): boolean {
  if (receiveCount > 1) return false;
  return (
    attributes[DEAD_LETTER_ATTRIBUTES.reason] !== undefined ||
    attributes[DEAD_LETTER_ATTRIBUTES.redriveOf] !== undefined
  );
}

/**
 * Whether a message was a dead letter before, by its attributes.
 *
 * @example
 * const isRedriven = wasDeadLetter(message);
 */
export function wasDeadLetter(message: ReceivedMessage): boolean {
  return (
    message.attributes[DEAD_LETTER_ATTRIBUTES.reason] !== undefined || redriveCount(message) > 0
  );
}

/** How often a message was redriven; 0 if the attribute is not a count. */
function redriveCount({ attributes }: Pick<ReceivedMessage, "attributes">): number {
  const count = Number(attributes[DEAD_LETTER_ATTRIBUTES.redriveCount] ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/**
 * Reads a dead letter, also one without a reason, which SQS moved after a crash.
 *
 * @example
 * for (const received of await deadLetters.receive({ waitSeconds: 0 }))
 *   console.log(readDeadLetter(received, "small").reason);
 */
export function readDeadLetter(received: ReceivedMessage, lane: Lane): DeadLetter {
  const { attributes } = received;
  const reason = attributes[DEAD_LETTER_ATTRIBUTES.reason];
  const intake = parseMessage(received.body);
  const jobs = intake.kind === "jobs" ? intake.jobs : [];
  const named = {
    bucket: attributes[DEAD_LETTER_ATTRIBUTES.bucket],
    key: attributes[DEAD_LETTER_ATTRIBUTES.key],
  };
  // An attribute cannot contain every key. The job in the body can.
  const meant = jobs.find(
    ({ bucket, key }) => bucket === named.bucket && attributeKey(key) === named.key,
  );
  // Attributes may be from any sender: if they do not name an object, the body decides.
  const job = meant ?? jobs[0];
  const source =
    meant === undefined && isObjectName(named)
      ? named
      : job && { bucket: job.bucket, key: job.key };
  const firstAttemptAt = time(attributes[DEAD_LETTER_ATTRIBUTES.firstAttemptAt], received);
  const receiveCount = Number(attributes[DEAD_LETTER_ATTRIBUTES.receiveCount] ?? Number.NaN);
  return {
    id: received.id,
    lane,
    reason: isReason(reason) ? reason : CRASHED,
    message:
      attributes[DEAD_LETTER_ATTRIBUTES.message] ??
      "no attempt recorded a reason: SQS moved the message after its last receive",
    ...(source && { source }),
    ...(firstAttemptAt !== undefined && { firstAttemptAt }),
    lastAttemptAt:
      time(attributes[DEAD_LETTER_ATTRIBUTES.lastAttemptAt], received) ?? received.sentAt,
    ...(Number.isFinite(receiveCount) && { receiveCount }),
    redriveCount: redriveCount(received),
    ...(job?.run !== undefined && { run: job.run }),
  };
}

/**
 * The attributes of a dead letter that is sent to its lane again. The redrive count marks its jobs
 * as ones that may have run, and a recorded reason keeps it from being a suspect. The reason has
 * another name than in a dead letter: after a crash SQS moves the message as it is, and it must not
 * contain an old reason then.
 *
 * @example
 * await queue.send({ body: message.body, attributes: redriveAttributes(message) });
 */
export function redriveAttributes(received: ReceivedMessage): Record<string, string> {
  const ours: readonly string[] = Object.values(DEAD_LETTER_ATTRIBUTES);
  const foreign = Object.entries(received.attributes).filter(([name]) => !ours.includes(name));
  const reason = received.attributes[DEAD_LETTER_ATTRIBUTES.reason];
  const own = {
    ...(isReason(reason) && { [DEAD_LETTER_ATTRIBUTES.redriveOf]: reason }),
    [DEAD_LETTER_ATTRIBUTES.redriveCount]: String(redriveCount(received) + 1),
  };
  const left = MAX_ATTRIBUTES - Object.keys(own).length;
  return { ...Object.fromEntries(foreign.slice(0, left)), ...own };
}

/** A time from an attribute. A time after the dead letter was sent, plus a day for wrong clocks, is not one. */
function time(text: string | undefined, { sentAt }: ReceivedMessage): number | undefined {
  const at = Date.parse(text ?? "");
  return at >= 0 && at <= sentAt + DAY_MS ? at : undefined;
}

function isReason(text: string | undefined): text is DeadLetterReason {
  return text !== undefined && REASONS.includes(text);
}

/**
 * SQS refuses characters that XML 1.0 cannot contain. They are replaced by U+FFFD.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** A key as the attribute of a dead letter contains it. */
function attributeKey(key: string): string {
  return attributeText(key, Number.POSITIVE_INFINITY);
}

function attributeText(text: string, max = MAX_TEXT): string {
  const clean = text.toWellFormed().replace(NOT_XML, "\ufffd");
  return clean.length > max ? `${clean.slice(0, max - 1)}…`.toWellFormed() : clean;
}

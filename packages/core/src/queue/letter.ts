import { parseMessage } from "../intake/index.ts";
import {
  CRASHED,
  type DeadLetterReason,
  FAILED_REASONS,
  type Lane,
  REJECTED_REASONS,
} from "../outcome/index.ts";
import { LETTER } from "./dead-letter.ts";
import type { ReceivedMessage } from "./message.ts";

/** A dead letter as it lies in its queue. Times are ms since the epoch. */
export interface Letter {
  /** The message's id, which it keeps as long as it lies there. */
  readonly id: string;
  readonly lane: Lane;
  readonly reason: DeadLetterReason;
  readonly message: string;
  /** Absent when the message could not be read. */
  readonly source?: { readonly bucket: string; readonly key: string };
  /** Absent when no program lived to say. */
  readonly firstAttemptAt?: number;
  /** When it was sent, when no program lived to say. */
  readonly lastAttemptAt: number;
  /** How often its lane received it; absent when no program lived to say. */
  readonly receiveCount?: number;
  readonly redriveCount: number;
  /** The operator's run whose job it was. */
  readonly run?: string;
}

const REASONS: readonly string[] = [...REJECTED_REASONS, ...FAILED_REASONS];

/** Reads a letter, also one that SQS itself moved: that has the message's body and no reason. */
export function readLetter(received: ReceivedMessage, lane: Lane): Letter {
  const { attributes } = received;
  const reason = attributes[LETTER.reason];
  const intake = parseMessage(received.body);
  const job = intake.kind === "jobs" ? intake.jobs[0] : undefined;
  const bucket = attributes[LETTER.bucket] ?? job?.bucket;
  const key = attributes[LETTER.key] ?? job?.key;
  const firstAttemptAt = time(attributes[LETTER.firstAttemptAt]);
  const receiveCount = Number(attributes[LETTER.receiveCount] ?? Number.NaN);
  return {
    id: received.id,
    lane,
    reason: isReason(reason) ? reason : CRASHED,
    message: attributes[LETTER.message] ?? "no program lived to say why: it was received too often",
    ...(bucket !== undefined && key !== undefined && { source: { bucket, key } }),
    ...(firstAttemptAt !== undefined && { firstAttemptAt }),
    lastAttemptAt: time(attributes[LETTER.lastAttemptAt]) ?? received.sentAt,
    ...(Number.isFinite(receiveCount) && { receiveCount }),
    redriveCount: redriveCount(received),
    ...(job?.run !== undefined && { run: job.run }),
  };
}

/**
 * The attributes of a letter that goes back to its lane: one redrive more, by which the job counts
 * as begun, and the reason that was given, by which it is no suspect of having ended a process. It
 * stands under another name: should the next attempt crash, SQS moves the message as it is, and it
 * must not tell an old reason.
 */
export function redriveAttributes(received: ReceivedMessage): Record<string, string> {
  const said: readonly string[] = Object.values(LETTER);
  const foreign = Object.entries(received.attributes).filter(([name]) => !said.includes(name));
  const reason = received.attributes[LETTER.reason];
  return {
    ...Object.fromEntries(foreign),
    ...(isReason(reason) && { [LETTER.redriveOf]: reason }),
    [LETTER.redriveCount]: String(redriveCount(received) + 1),
  };
}

function redriveCount({ attributes }: ReceivedMessage): number {
  const count = Number(attributes[LETTER.redriveCount] ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

function time(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? undefined : at;
}

function isReason(text: string | undefined): text is DeadLetterReason {
  return text !== undefined && (text === CRASHED || REASONS.includes(text));
}

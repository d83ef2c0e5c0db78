import { isObjectName, parseMessage } from "../intake/index.ts";
import {
  CRASHED,
  type DeadLetterReason,
  DOCTOR_TEST,
  FAILED_REASONS,
  type Lane,
  REJECTED_REASONS,
} from "../outcome/index.ts";
import {
  attributeKey,
  DEAD_LETTER_ATTRIBUTES,
  MAX_ATTRIBUTES,
  redriveCount,
} from "./dead-letter.ts";
import type { ReceivedMessage } from "./message.ts";

/** A dead letter as it lies in its queue. Times are ms since the epoch. */
export interface DeadLetter {
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

const DAY_MS = 86_400_000;

const REASONS: readonly string[] = [...REJECTED_REASONS, ...FAILED_REASONS, CRASHED, DOCTOR_TEST];

/** Reads a letter, also one that SQS itself moved: that has the message's body and no reason. */
export function readDeadLetter(received: ReceivedMessage, lane: Lane): DeadLetter {
  const { attributes } = received;
  const reason = attributes[DEAD_LETTER_ATTRIBUTES.reason];
  const intake = parseMessage(received.body);
  const jobs = intake.kind === "jobs" ? intake.jobs : [];
  const named = {
    bucket: attributes[DEAD_LETTER_ATTRIBUTES.bucket],
    key: attributes[DEAD_LETTER_ATTRIBUTES.key],
  };
  // An attribute cannot hold every key: the job of the body that it stands for can.
  const meant = jobs.find(
    ({ bucket, key }) => bucket === named.bucket && attributeKey(key) === named.key,
  );
  // Anybody may have written the attributes: where they are none of an object, the body is asked.
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
      "no program lived to say why: it was received too often",
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
 * The attributes of a letter that goes back to its lane: one redrive more, by which the job counts
 * as begun, and the reason that was given, by which it is no suspect of having ended a process. It
 * stands under another name: should the next attempt crash, SQS moves the message as it is, and it
 * must not tell an old reason.
 */
export function redriveAttributes(received: ReceivedMessage): Record<string, string> {
  const said: readonly string[] = Object.values(DEAD_LETTER_ATTRIBUTES);
  const foreign = Object.entries(received.attributes).filter(([name]) => !said.includes(name));
  const reason = received.attributes[DEAD_LETTER_ATTRIBUTES.reason];
  const own = {
    ...(isReason(reason) && { [DEAD_LETTER_ATTRIBUTES.redriveOf]: reason }),
    [DEAD_LETTER_ATTRIBUTES.redriveCount]: String(redriveCount(received) + 1),
  };
  const left = MAX_ATTRIBUTES - Object.keys(own).length;
  return { ...Object.fromEntries(foreign.slice(0, left)), ...own };
}

/** No attempt was later than the dead letter about it, by more than clocks may differ. */
function time(text: string | undefined, { sentAt }: ReceivedMessage): number | undefined {
  const at = Date.parse(text ?? "");
  return at >= 0 && at <= sentAt + DAY_MS ? at : undefined;
}

function isReason(text: string | undefined): text is DeadLetterReason {
  return text !== undefined && REASONS.includes(text);
}

import { isObjectName, parseMessage } from "../intake/index.ts";
import {
  CRASHED,
  type DeadLetterReason,
  DOCTOR_TEST,
  FAILED_REASONS,
  type Lane,
  REJECTED_REASONS,
} from "../outcome/index.ts";
import { attributeKey, LETTER, MAX_ATTRIBUTES, redriveCount } from "./dead-letter.ts";
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

const DAY_MS = 86_400_000;

const REASONS: readonly string[] = [...REJECTED_REASONS, ...FAILED_REASONS, CRASHED, DOCTOR_TEST];

/** Reads a letter, also one that SQS itself moved: that has the message's body and no reason. */
export function readLetter(received: ReceivedMessage, lane: Lane): Letter {
  const { attributes } = received;
  const reason = attributes[LETTER.reason];
  const intake = parseMessage(received.body);
  const jobs = intake.kind === "jobs" ? intake.jobs : [];
  const named = { bucket: attributes[LETTER.bucket], key: attributes[LETTER.key] };
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
  const firstAttemptAt = time(attributes[LETTER.firstAttemptAt], received);
  const receiveCount = Number(attributes[LETTER.receiveCount] ?? Number.NaN);
  return {
    id: received.id,
    lane,
    reason: isReason(reason) ? reason : CRASHED,
    message: attributes[LETTER.message] ?? "no program lived to say why: it was received too often",
    ...(source && { source }),
    ...(firstAttemptAt !== undefined && { firstAttemptAt }),
    lastAttemptAt: time(attributes[LETTER.lastAttemptAt], received) ?? received.sentAt,
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
  const own = {
    ...(isReason(reason) && { [LETTER.redriveOf]: reason }),
    [LETTER.redriveCount]: String(redriveCount(received) + 1),
  };
  const left = MAX_ATTRIBUTES - Object.keys(own).length;
  return { ...Object.fromEntries(foreign.slice(0, left)), ...own };
}

/** No attempt was later than the letter about it, by more than clocks may differ. */
function time(text: string | undefined, { sentAt }: ReceivedMessage): number | undefined {
  const at = Date.parse(text ?? "");
  return at >= 0 && at <= sentAt + DAY_MS ? at : undefined;
}

function isReason(text: string | undefined): text is DeadLetterReason {
  return text !== undefined && REASONS.includes(text);
}

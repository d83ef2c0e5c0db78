import { type Job, jobMessage, parseMessage } from "../intake/index.ts";
import type { Lane, Outcome } from "../outcome/index.ts";
import { laneByBytes } from "../plan/index.ts";
import {
  backoffSeconds,
  letterAttributes,
  type Queue,
  type ReceivedMessage,
  wasDeadLetter,
  wasMoved,
} from "../queue/index.ts";
import { whyNotASource } from "../recipe/index.ts";
import { outcomeOf, type ReconcileContext, reconcile } from "../reconcile/index.ts";
import { type Logger, logJob } from "../telemetry/index.ts";

/** What an attempt at a message needs of the program that makes it. */
export interface AttemptContext {
  readonly lane: Lane;
  readonly reconcile: ReconcileContext;
  /** Where what is too big for the small lane goes. */
  readonly large: Queue;
  /** This lane's dead letters. */
  readonly letters: Queue;
  /** The receive after which SQS itself would move the message, without a reason. */
  readonly maxReceives: number;
  /** The lane's visibility timeout, or less. */
  readonly leaseSeconds: number;
  readonly log: Logger;
  /** ms since the epoch */
  readonly now: () => number;
  /** in [0, 1) */
  readonly random: () => number;
}

/** What is to become of the message. */
export type Settlement =
  | { readonly kind: "acknowledge" }
  | { readonly kind: "comeBack"; readonly seconds: number };

/**
 * One attempt at a message: from its body to what is to become of it. Whatever it sends on (a
 * dead letter, a forwarded job) is sent before it says `acknowledge`, so that nothing is lost
 * between the two; a crash there leaves a duplicate. Never throws.
 */
export async function attempt(
  message: ReceivedMessage,
  context: AttemptContext,
  signal: AbortSignal,
): Promise<Settlement> {
  const intake = parseMessage(message.body);
  if (intake.kind === "ignored") {
    context.log.info({ why: intake.why, messageId: message.id }, "ignored a message");
    return { kind: "acknowledge" };
  }
  if (intake.kind === "malformed") {
    const reason = "MessageMalformed";
    const outcome = { kind: "rejected", reason, message: intake.message } as const;
    context.log.warn(
      { reason, message: intake.message, messageId: message.id },
      "rejected a message",
    );
    return settle(
      [await conclude(outcome, undefined, message.body, message, context)],
      message,
      context,
    );
  }
  const conclusions: Conclusion[] = [];
  for (const job of intake.jobs) {
    const begun = job.begun || mayBeBegun(job, message, context);
    // A letter of one job among several carries that job alone: redriven, it does not repeat the rest.
    const body = intake.jobs.length === 1 ? message.body : jobMessage(job);
    conclusions.push(await attemptJob({ ...job, begun }, body, message, context, signal));
  }
  return settle(conclusions, message, context);
}

/** May an attempt have been made at this message before, and have died on the way? */
function mayBeBegun({ at }: Job, message: ReceivedMessage, { leaseSeconds }: AttemptContext) {
  return message.receiveCount > 1 || wasDeadLetter(message) || wasMoved(message, at, leaseSeconds);
}

/** How a job ended, and whether nothing more is owed to it by this message. */
interface Conclusion {
  readonly outcome: Outcome;
  readonly settled: boolean;
}

async function attemptJob(
  job: Job,
  body: string,
  message: ReceivedMessage,
  context: AttemptContext,
  signal: AbortSignal,
): Promise<Conclusion> {
  const startedAt = context.now();
  const reached = await outcomeFor(job, context, signal);
  const conclusion = await conclude(reached, job, body, message, context);
  const { lane, log } = context;
  const { bucket, key } = job;
  const { receiveCount } = message;
  const ms = context.now() - startedAt;
  logJob(log, { bucket, key, lane, receiveCount, ms }, conclusion.outcome);
  return conclusion;
}

async function outcomeFor(
  job: Job,
  { lane, reconcile: inner }: AttemptContext,
  signal: AbortSignal,
): Promise<Outcome> {
  const why = whyNotASource(inner.recipe, job.key);
  if (why !== undefined) return { kind: "ignored", why };
  // The byte gate: by the event's own size, without touching S3.
  if (lane === "small" && job.bytes !== undefined) {
    if (laneByBytes(inner.recipe, job.bytes) === "large") {
      return { kind: "forwarded", why: `it has ${job.bytes} bytes` };
    }
  }
  return reconcile(job, inner, signal);
}

/** Sends on what the outcome asks for; what cannot be sent on is a failed job, never a lost one. */
async function conclude(
  outcome: Outcome,
  job: Job | undefined,
  body: string,
  message: ReceivedMessage,
  context: AttemptContext,
): Promise<Conclusion> {
  try {
    if (outcome.kind === "forwarded" && job) {
      const begun = job.begun || outcome.begun === true;
      await context.large.send(jobMessage({ ...job, begun, at: context.now() }));
    }
    if (outcome.kind === "failed" && message.receiveCount < context.maxReceives) {
      return { outcome, settled: false };
    }
    if (outcome.kind === "rejected" || outcome.kind === "failed") {
      const letter = {
        reason: outcome.reason,
        message: outcome.message,
        lane: context.lane,
        ...(job && { source: { bucket: job.bucket, key: job.key } }),
        lastAttemptAt: context.now(),
      };
      await context.letters.send(body, letterAttributes(letter, message));
    }
    return { outcome, settled: true };
  } catch (error) {
    return { outcome: outcomeOf(error), settled: false };
  }
}

function settle(
  conclusions: readonly Conclusion[],
  message: ReceivedMessage,
  context: AttemptContext,
): Settlement {
  if (conclusions.every(({ settled }) => settled)) return { kind: "acknowledge" };
  const seconds = backoffSeconds(message.receiveCount, context.random());
  return { kind: "comeBack", seconds: Math.max(seconds, leastSeconds(message, context)) };
}

/**
 * For how long at least a message stays away, s: none, but after its last permitted receive a whole
 * lease, as a crash would have kept it. SQS then makes it a dead letter without a mark of ours, and
 * only by its age is it known for one when the console has moved it back.
 */
export function leastSeconds(
  { receiveCount }: Pick<ReceivedMessage, "receiveCount">,
  { maxReceives, leaseSeconds }: Pick<AttemptContext, "maxReceives" | "leaseSeconds">,
): number {
  return receiveCount >= maxReceives ? leaseSeconds : 0;
}

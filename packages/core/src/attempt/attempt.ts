import { type Intake, type Job, jobMessage } from "../intake/index.ts";
import type { Lane, Outcome } from "../outcome/index.ts";
import { laneByBytes } from "../plan/index.ts";
import {
  backoffSeconds,
  deadLetterAttributes,
  type Queue,
  type ReceivedMessage,
} from "../queue/index.ts";
import { whyNotASource } from "../recipe/index.ts";
import { outcomeOf, type ReconcileContext, reconcile } from "../reconcile/index.ts";
import { countDeadLetter, logJob, PhaseTimer, type Telemetry } from "../telemetry/index.ts";
import type { Traces } from "../traces/index.ts";
import { inTime } from "./in-time.ts";
import { type ReadMessage, readMessage, sourceOf } from "./source-group.ts";

/** What an attempt at a message needs of the program that makes it. */
export interface AttemptContext extends Telemetry {
  readonly lane: Lane;
  readonly reconcile: ReconcileContext;
  /** Where what is too big for the small lane goes. */
  readonly large: Queue;
  /** This lane's dead letters. */
  readonly deadLetters: Queue;
  /** The receive after which SQS itself would move the message, without a reason. */
  readonly maxReceives: number;
  /** The lane's visibility timeout, or less. */
  readonly leaseSeconds: number;
  /** The buckets that sources come from: no other is touched. None: they are not known. */
  readonly sourceBuckets: readonly string[];
  /** Absent: jobs are not traced. */
  readonly traces?: Traces | undefined;
  /** ms since the epoch */
  readonly now: () => number;
  /** in [0, 1) */
  readonly random: () => number;
}

/**
 * For so long after an attempt gave up a write that was not answered, the write may take effect: the
 * next attempt, which makes all anew, begins later. S3 states no bound. A request that has not
 * arrived whole is dropped with its connection, so what is left is a request that S3 holds whole,
 * decided within milliseconds as a rule.
 */
export const LATE_WRITE_SECONDS = 15;
/** Of the keys that a manifest names and that are another's, so many are logged. */
const FOREIGN_SHOWN = 10;

/** What is to become of the message. */
export type Settlement =
  | { readonly kind: "acknowledge" }
  /** `leastSeconds`: what it must stay away for at least, whatever the hurry. */
  | { readonly kind: "retry"; readonly seconds: number; readonly minRetrySeconds: number };

/** One attempt at a message: from its body to what is to become of it. Never throws. */
export async function attempt(
  message: ReceivedMessage,
  context: AttemptContext,
  signal: AbortSignal,
): Promise<Settlement> {
  const [settlement] = await attemptTogether([message], context, signal);
  return settlement ?? { kind: "retry", seconds: 0, minRetrySeconds: 0 };
}

/**
 * One attempt at several messages, in the order given: each source that they ask for is looked at
 * once, and its outcome answers all that asked. Whatever it sends on (a dead letter, a forwarded
 * job) is sent before it says `acknowledge`, so that nothing is lost between the two; a crash there
 * leaves a duplicate. Aborted, it answers soon, though a codec's step may still be running. Never
 * throws.
 */
export async function attemptTogether(
  messages: readonly ReceivedMessage[],
  context: AttemptContext,
  signal: AbortSignal,
): Promise<Settlement[]> {
  const asked = messages.map((message) => ({
    ...readMessage(message, context),
    settled: true,
    mayStillLand: false,
  }));
  for (const one of asked) {
    if (one.intake.kind !== "jobs") one.settled = await withoutJobs(one, context);
  }
  for (const job of mergedJobs(asked)) {
    const askers = asked.filter(({ intake }) => asksFor(intake, job));
    const conclusions = await attemptJob(job, askers, context, signal).catch((error: unknown) => {
      // Not even its answer could be told: those that asked come back, the others are none the worse.
      context.log.error({ err: error }, "an attempt broke off");
      return [];
    });
    askers.forEach((asker, at) => {
      const { settled = false, mayStillLand = false } = conclusions[at] ?? {};
      asker.settled &&= settled;
      asker.mayStillLand ||= mayStillLand;
    });
  }
  return asked.map((one) => settle(one, context));
}

function settle(
  one: { message: ReceivedMessage; settled: boolean; mayStillLand: boolean },
  context: AttemptContext,
): Settlement {
  const { message, settled, mayStillLand } = one;
  if (settled) return { kind: "acknowledge" };
  const seconds = backoffSeconds(message.receiveCount, context.random());
  const least = Math.max(minRetrySeconds(message, context), mayStillLand ? LATE_WRITE_SECONDS : 0);
  return { kind: "retry", seconds: Math.max(seconds, least), minRetrySeconds: least };
}

/** What a message without jobs is owed: nothing, or a dead letter that says why. */
async function withoutJobs(
  { message, intake }: ReadMessage,
  context: AttemptContext,
): Promise<boolean> {
  const { log } = context;
  const { id: messageId } = message;
  if (intake.kind === "ignored") log.info({ why: intake.why, messageId }, "ignored a message");
  if (intake.kind !== "malformed") return true;
  const reason = "MessageMalformed";
  log.warn({ reason, message: intake.message, messageId }, "rejected a message");
  const outcome = { kind: "rejected", reason, message: intake.message } as const;
  return (await conclude({ outcome }, undefined, message.body, message, context)).settled;
}

/** One job a source: as begun and as forced as any of those asked for. */
function mergedJobs(asked: readonly ReadMessage[]): Job[] {
  const jobs = asked.flatMap(({ intake }) => (intake.kind === "jobs" ? intake.jobs : []));
  return [...Map.groupBy(jobs, sourceOf).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    // The smallest that any event said: only where all are over the gate is it sure to be closed.
    const sizes = same.map(({ bytes }) => bytes ?? 0);
    const known = same.every(({ bytes }) => bytes !== undefined);
    const times = same.flatMap(({ at }) => at ?? []);
    const [trace] = same.flatMap((job) => job.trace ?? []);
    const [run] = same.flatMap((job) => job.run ?? []);
    const { bucket, key } = first;
    return [
      {
        bucket,
        key,
        ...(known && { bytes: Math.min(...sizes) }),
        ...(times.length === same.length && { at: Math.min(...times) }),
        mayHaveRun: same.some(({ mayHaveRun }) => mayHaveRun),
        force: same.some(({ force }) => force),
        ...(trace !== undefined && { trace }),
        ...(run !== undefined && { run }),
      },
    ];
  });
}

function asksFor(intake: Intake, job: Job): boolean {
  return intake.kind === "jobs" && intake.jobs.some((other) => sourceOf(other) === sourceOf(job));
}

/** How a job ended, and whether nothing more is owed to it by a message. */
interface Conclusion {
  readonly outcome: Outcome;
  readonly settled: boolean;
  /** A write of the attempt may take effect after it. */
  readonly mayStillLand?: boolean;
}

/** @returns how it ended for each of those who asked for it */
async function attemptJob(
  job: Job,
  askers: readonly ReadMessage[],
  context: AttemptContext,
  signal: AbortSignal,
): Promise<Conclusion[]> {
  const startedAt = context.now();
  const trace = context.traces?.begin(job.trace, startedAt);
  const onward = trace && { trace: trace.header };
  const watch = new PhaseTimer(context.now);
  // One of its own: by it the store knows whether a write of this job was given up.
  const own = AbortSignal.any([signal]);
  const ended = await outcomeFor(job, context, watch.enter, own);
  const mayStillLand = context.reconcile.renditions.mayStillLand(own);
  const timings = watch.stop();
  const reached = await forwarded({ ...job, ...onward }, ended, context);
  const conclusions: Conclusion[] = [];
  for (const { message, intake } of askers) {
    // A dead letter of one job among several carries that job alone: redriven, it does not repeat the rest.
    const several = intake.kind === "jobs" && intake.jobs.length > 1;
    const body = several ? jobMessage(job) : message.body;
    conclusions.push(
      await conclude({ outcome: reached, mayStillLand }, job, body, message, context),
    );
  }
  const { lane } = context;
  const { bucket, key } = job;
  const receiveCount = Math.max(...askers.map(({ message }) => message.receiveCount));
  const sentAt = Math.min(...askers.map(({ message }) => message.sentAt));
  const at = context.now();
  const ms = at - startedAt;
  const { outcome } = conclusions.find(({ settled }) => !settled) ?? { outcome: reached };
  const messages = askers.length;
  logJob(
    context,
    { bucket, key, lane, receiveCount, ms, ...(messages > 1 && { messages }) },
    outcome,
    // SQS's clock is another than this one.
    { at, waitMs: Math.max(0, startedAt - sentAt), timings },
  );
  trace?.end({ at, bucket, key, lane, receiveCount, outcome, timings });
  return conclusions;
}

async function outcomeFor(
  job: Job,
  { lane, log, reconcile: inner }: AttemptContext,
  onPhase: PhaseTimer["enter"],
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
  const { bucket, key } = job;
  const onForeign = (keys: readonly string[]) => {
    const some = keys.slice(0, FOREIGN_SHOWN);
    log.warn(
      { bucket, key, count: keys.length, foreign: some },
      "left alone what is not of this source",
    );
  };
  return inTime(reconcile(job, { ...inner, onForeign, onPhase }, signal), signal);
}

/** Sends a job to the large lane where that is its outcome: once, whoever asked for it. */
async function forwarded(
  job: Job,
  outcome: Outcome,
  { large, now }: AttemptContext,
): Promise<Outcome> {
  if (outcome.kind !== "forwarded") return outcome;
  try {
    const mayHaveRun = job.mayHaveRun || outcome.mayHaveRun === true;
    await large.send({ body: jobMessage({ ...job, mayHaveRun, at: now() }) });
    return outcome;
  } catch (error) {
    return outcomeOf(error);
  }
}

/** Writes the dead letter that an outcome asks for; what cannot be sent is a failed job, never a lost one. */
async function conclude(
  { outcome, mayStillLand = false }: Omit<Conclusion, "settled">,
  job: Job | undefined,
  body: string,
  message: ReceivedMessage,
  context: AttemptContext,
): Promise<Conclusion> {
  try {
    if (outcome.kind === "failed" && message.receiveCount < context.maxReceives) {
      return { outcome, settled: false, mayStillLand };
    }
    if (outcome.kind === "rejected" || outcome.kind === "failed") {
      const deadLetter = {
        reason: outcome.reason,
        message: outcome.message,
        lane: context.lane,
        ...(job && { source: { bucket: job.bucket, key: job.key } }),
        lastAttemptAt: context.now(),
      };
      // It cannot be redriven before the write has landed, for nobody sees it until then.
      const delaySeconds = mayStillLand ? LATE_WRITE_SECONDS : 0;
      const attributes = deadLetterAttributes(deadLetter, message);
      await context.deadLetters.send({ body, attributes, delaySeconds });
      const { reason, lane, source } = deadLetter;
      countDeadLetter(context, { lane, reason, ...source, messageId: message.id }, context.now());
    }
    return { outcome, settled: true };
  } catch (error) {
    return { outcome: outcomeOf(error), settled: false, mayStillLand };
  }
}

/**
 * For how long at least a message stays away, s: none, but after its last permitted receive a whole
 * lease, as a crash would have kept it. SQS then makes it a dead letter without a mark of ours, and
 * only by its age is it known for one when the console has moved it back.
 */
function minRetrySeconds(
  { receiveCount }: Pick<ReceivedMessage, "receiveCount">,
  { maxReceives, leaseSeconds }: Pick<AttemptContext, "maxReceives" | "leaseSeconds">,
): number {
  return receiveCount >= maxReceives ? leaseSeconds : 0;
}

import { type Job, jobMessage, type Notice, noticeMessage } from "../intake/index.ts";
import type { Lane, Outcome } from "../outcome/index.ts";
import { laneByBytes } from "../plan/index.ts";
import {
  backoffSeconds,
  deadLetterAttributes,
  type Queue,
  type ReceivedMessage,
} from "../queue/index.ts";
import { whyNotASource } from "../recipe/index.ts";
import {
  outcomeOf,
  type ReconcileContext,
  type ReconcileResources,
  reconcile,
} from "../reconcile/index.ts";
import { countDeadLetter, logJob, PhaseTimer, type Telemetry } from "../telemetry/index.ts";
import type { Traces } from "../traces/index.ts";
import { inTime, type Pause } from "./in-time.ts";
import { jobsOf, type ReadMessage, sourceOf } from "./source-group.ts";

/** What an attempt needs of its program. */
export interface AttemptContext extends Telemetry {
  readonly lane: Lane;
  readonly reconcile: ReconcileResources;
  /** Receives what is too large for the small lane. */
  readonly large: Queue;
  /** The lane's dead-letter queue. */
  readonly deadLetters: Queue;
  /**
   * Receives a job for each source of which caches may have an earlier content. The queue delays it
   * until requests that are in progress have ended. Absent: caches are left alone.
   */
  readonly invalidations?: Queue | undefined;
  /**
   * Receives a notice where a job ends for good and no event of a manifest tells it. Absent: there is
   * no catalog.
   */
  readonly catalog?: Queue | undefined;
  /** After this many receives SQS moves the message to the dead-letter queue, without a reason. */
  readonly maxReceives: number;
  /** The lane's visibility timeout or less, s. */
  readonly leaseSeconds: number;
  /** The buckets of the sources: no other is touched. Empty if they are not known. */
  readonly sourceBuckets: readonly string[];
  /** Absent if jobs are not traced. */
  readonly traces?: Traces | undefined;
  /** ms since the epoch */
  readonly now: () => number;
  /** in [0, 1) */
  readonly random: () => number;
  /** How an aborted job waits for its last step. Default: by the clock. */
  readonly pause?: Pause | undefined;
}

/**
 * How long an unanswered write may still take effect after its attempt gave it up. The next attempt,
 * which makes everything again, starts later. S3 states no bound. A request that has not arrived
 * whole is dropped with its connection, so what remains is a request that S3 has whole and usually
 * decides within milliseconds.
 */
export const LATE_WRITE_SECONDS = 15;

/** How many keys of other sources in a manifest are logged. */
const FOREIGN_SHOWN = 10;

/** What becomes of the message. */
export type Settlement =
  | { readonly kind: "acknowledge" }
  /** `minRetrySeconds`: how long it must stay hidden even if the program stops. */
  | { readonly kind: "retry"; readonly seconds: number; readonly minRetrySeconds: number };

/**
 * Attempts one message. Never throws.
 *
 * @example
 * const settlement = await attempt(read, context, signal);
 * if (settlement.kind === "acknowledge") await queue.delete(read.message);
 */
export async function attempt(
  message: ReadMessage,
  context: AttemptContext,
  signal: AbortSignal,
): Promise<Settlement> {
  const [settlement] = await attemptTogether([message], context, signal);
  return settlement ?? { kind: "retry", seconds: 0, minRetrySeconds: 0 };
}

/**
 * Attempts several messages. Each source is reconciled once, and its outcome settles all messages
 * that ask for it. A dead letter or a forwarded job is sent before the settlement is `acknowledge`:
 * a crash in between leaves a duplicate and loses nothing. After an abort it resolves soon, although
 * a step of the codec may still be running. Never throws.
 *
 * @returns the settlements, in the order of the messages
 *
 * @example
 * for (const group of groupBySource(messages)) await attemptTogether(group.messages, context, signal);
 */
export async function attemptTogether(
  messages: readonly ReadMessage[],
  context: AttemptContext,
  signal: AbortSignal,
): Promise<Settlement[]> {
  const asked = messages.map((read) => ({ ...read, settled: true, hasPendingWrite: false }));
  for (const one of asked) {
    if (one.intake.kind !== "jobs") one.settled = await withoutJobs(one, context);
  }
  for (const job of mergedJobs(asked)) {
    const askers = asked.filter((one) => asksFor(one, job));
    const conclusions = await attemptJob(job, askers, context, signal).catch((error: unknown) => {
      // The outcome could not be reported: its messages are retried, and others are not affected.
      context.log.error({ err: error }, "an attempt threw an error");
      return [];
    });
    askers.forEach((asker, at) => {
      const { settled = false, hasPendingWrite = false } = conclusions[at] ?? {};
      asker.settled &&= settled;
      asker.hasPendingWrite ||= hasPendingWrite;
    });
  }
  return asked.map((one) => settle(one, context));
}

function settle(
  one: { message: ReceivedMessage; settled: boolean; hasPendingWrite: boolean },
  context: AttemptContext,
): Settlement {
  const { message, settled, hasPendingWrite } = one;
  if (settled) return { kind: "acknowledge" };
  const seconds = backoffSeconds(message.receiveCount, context.random());
  const lateWrite = hasPendingWrite ? LATE_WRITE_SECONDS : 0;
  const least = Math.max(minRetrySeconds(message, context), lateWrite);
  return { kind: "retry", seconds: Math.max(seconds, least), minRetrySeconds: least };
}

/** Settles a message without jobs; a malformed one becomes a dead letter. */
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

/** One job per source, with `mayHaveRun` and `force` if any of its jobs has them. */
function mergedJobs(asked: readonly ReadMessage[]): Job[] {
  return [...Map.groupBy(asked.flatMap(jobsOf), sourceOf).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    // The smallest size of any event: the job is forwarded unseen only where all are too large.
    const sizes = same.map(({ bytes }) => bytes ?? 0);
    const known = same.every(({ bytes }) => bytes !== undefined);
    const times = same.flatMap(({ at }) => at ?? []);
    const [trace] = same.flatMap((job) => job.trace ?? []);
    const [run] = same.flatMap((job) => job.run ?? []);
    const check = [...new Set(same.flatMap((job) => job.check ?? []))];
    const checkedEtags = [...new Set(same.flatMap((job) => job.checkedEtags ?? []))];
    const want = [...new Set(same.flatMap((job) => job.want ?? []))];
    const { bucket, key } = first;
    return [
      {
        bucket,
        key,
        ...(known && { bytes: Math.min(...sizes) }),
        ...(times.length === same.length && { at: Math.min(...times) }),
        mayHaveRun: same.some(({ mayHaveRun }) => mayHaveRun),
        force: same.some(({ force }) => force),
        ...(check.length > 0 && { check }),
        ...(checkedEtags.length > 0 && { checkedEtags }),
        ...(want.length > 0 && { want }),
        ...(trace !== undefined && { trace }),
        ...(run !== undefined && { run }),
      },
    ];
  });
}

function asksFor(read: ReadMessage, job: Job): boolean {
  return jobsOf(read).some((other) => sourceOf(other) === sourceOf(job));
}

/** How a job ended for one of its messages, and whether that message can be acknowledged. */
interface Conclusion {
  readonly outcome: Outcome;
  readonly settled: boolean;
  /** A write of the attempt may still take effect. */
  readonly hasPendingWrite?: boolean;
}

/** @returns how the job ended, for each of its messages */
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
  // The job's own signal: the store uses it to tell whether a write of this job was given up.
  const own = AbortSignal.any([signal]);
  let isReplaced = false;
  const onReplaced = () => {
    isReplaced = true;
  };
  const ended = await outcomeFor(job, context, { onPhase: watch.enter, onReplaced }, own);
  const hasPendingWrite = context.reconcile.renditions.hasPendingWrite(own);
  const timings = watch.stop();
  const sent = await forwarded({ ...job, ...onward }, ended, context);
  const forgotten = isReplaced ? await invalidated(job, sent, context) : sent;
  const reached = await noticed(job, forgotten, context);
  const conclusions: Conclusion[] = [];
  for (const asker of askers) {
    const { message } = asker;
    // The dead letter of one job of several contains that job only: a redrive does not repeat the rest.
    const body = jobsOf(asker).length > 1 ? jobMessage(job) : message.body;
    conclusions.push(
      await conclude({ outcome: reached, hasPendingWrite }, job, body, message, context),
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
    // The clocks of SQS and of this machine differ.
    { at, waitMs: Math.max(0, startedAt - sentAt), timings },
  );
  trace?.end({ at, bucket, key, lane, receiveCount, outcome, timings });
  return conclusions;
}

async function outcomeFor(
  job: Job,
  { lane, log, pause, reconcile: inner }: AttemptContext,
  listeners: Pick<ReconcileContext, "onPhase" | "onReplaced">,
  signal: AbortSignal,
): Promise<Outcome> {
  const why = whyNotASource(inner.recipe, job.key);
  if (why !== undefined) return { kind: "ignored", why };
  if (lane === "small" && job.want !== undefined) {
    return { kind: "forwarded", why: `${job.want.join(", ")} can only be made there` };
  }
  // The limit of the small lane, by the size in the event and without a request to S3.
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
      "the manifest names keys of another source: they are left as they are",
    );
  };
  return inTime(reconcile(job, { ...inner, lane, onForeign, ...listeners }, signal), signal, pause);
}

/** Sends a job to the large lane if that is its outcome, once for all of its messages. */
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

/** Lets caches forget the source's renditions. A job of which this fails has failed and is retried. */
async function invalidated(
  { bucket, key }: Job,
  outcome: Outcome,
  { invalidations, now }: AttemptContext,
): Promise<Outcome> {
  // The next attempt, here or in the large lane, may follow writes of this one, and sends it.
  const isLeft = outcome.kind === "failed" || outcome.kind === "forwarded";
  if (invalidations === undefined || isLeft) return outcome;
  try {
    const source = { bucket, key, at: now(), mayHaveRun: false, force: false };
    await invalidations.send({ body: jobMessage(source) });
    return outcome;
  } catch (error) {
    return outcomeOf(error);
  }
}

/**
 * Tells the catalog of a job that may have written no manifest, which can end an earlier failure. A job
 * of which this fails has failed and is retried.
 */
async function noticed(job: Job, outcome: Outcome, context: AttemptContext): Promise<Outcome> {
  if (outcome.kind !== "unchanged" && outcome.kind !== "removed") return outcome;
  try {
    await sendNotice(job, context);
    return outcome;
  } catch (error) {
    return outcomeOf(error);
  }
}

async function sendNotice(
  { bucket, key }: Job,
  { catalog, now }: AttemptContext,
  failed?: NonNullable<Notice["failed"]>,
): Promise<void> {
  const at = new Date(now()).toISOString();
  await catalog?.send({ body: noticeMessage({ bucket, key, at, ...(failed && { failed }) }) });
}

/** Sends the dead letter of an outcome. A job whose dead letter cannot be sent has failed and is retried. */
async function conclude(
  { outcome, hasPendingWrite = false }: Omit<Conclusion, "settled">,
  job: Job | undefined,
  body: string,
  message: ReceivedMessage,
  context: AttemptContext,
): Promise<Conclusion> {
  try {
    if (outcome.kind === "failed" && message.receiveCount < context.maxReceives) {
      return { outcome, settled: false, hasPendingWrite };
    }
    if (outcome.kind === "rejected" || outcome.kind === "failed") {
      // Before the dead letter, after which nobody would send it.
      if (job && outcome.kind === "failed") {
        const { reason, message } = outcome;
        await sendNotice(job, context, { reason, message });
      }
      const deadLetter = {
        reason: outcome.reason,
        message: outcome.message,
        lane: context.lane,
        ...(job && { source: { bucket: job.bucket, key: job.key } }),
        lastAttemptAt: context.now(),
      };
      // Until the write has taken effect or not, the dead letter is hidden and cannot be redriven.
      const delaySeconds = hasPendingWrite ? LATE_WRITE_SECONDS : 0;
      const attributes = deadLetterAttributes(deadLetter, message);
      await context.deadLetters.send({ body, attributes, delaySeconds });
      const { reason, lane, source } = deadLetter;
      countDeadLetter(context, { lane, reason, ...source, messageId: message.id }, context.now());
    }
    return { outcome, settled: true };
  } catch (error) {
    return { outcome: outcomeOf(error), settled: false, hasPendingWrite };
  }
}

/**
 * How long a message must stay hidden, s: 0, and a whole lease after its last permitted receive, as
 * after a crash. SQS then moves it to the dead-letter queue without a reason, and after a redrive by
 * the console only its age shows that it was a dead letter.
 */
function minRetrySeconds(
  { receiveCount }: Pick<ReceivedMessage, "receiveCount">,
  { maxReceives, leaseSeconds }: Pick<AttemptContext, "maxReceives" | "leaseSeconds">,
): number {
  return receiveCount >= maxReceives ? leaseSeconds : 0;
}

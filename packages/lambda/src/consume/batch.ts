import {
  attemptTogether,
  groupBySource,
  release,
  requeue,
  type SourceGroup,
  scheduleBatch,
} from "@imagefleet/core/attempt";
import { Failure } from "@imagefleet/core/outcome";
import type { BatchResult, ReceivedMessage } from "@imagefleet/core/queue";
import { countBatch } from "@imagefleet/core/telemetry";
import pLimit from "p-limit";
import type { Consume } from "./compose.ts";
import { Deadline } from "./deadline.ts";

/**
 * Works on a batch and says which messages are to come back, by id. Near the deadline, records that
 * were not begun are handed back at once instead of being lost in a timeout.
 *
 * Messages that were begun before come last, one at a time, when everything that is done is
 * acknowledged: one that ends the process costs its companions one more receive, and they meet it
 * no more (docs/adr/011-poison.md).
 *
 * @param remainingMs time left of the invocation, ms
 */
export async function workOnBatch(
  messages: readonly ReceivedMessage[],
  consume: Consume,
  remainingMs: () => number,
): Promise<string[]> {
  const { attempt } = consume;
  const startedAt = attempt.now();
  const deadline = new Deadline(remainingMs);
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(new Failure("TimedOut", "the function's time ran out")),
    deadline.workMs,
  );
  const batch: Batch = { consume, deadline, signal: stop.signal, done: [], left: [] };
  const { maxReceives, leaseSeconds } = attempt;
  const { last, fresh, suspects, toRequeue } = scheduleBatch(
    groupBySource(messages, leaseSeconds),
    maxReceives,
  );
  try {
    await requeueAll(toRequeue, batch);
    if (last) {
      await workOn(last, batch);
      await acknowledgeAll(batch.done, batch);
    }
    await pLimit(consume.inFlight).map(fresh, (group) => workOn(group, batch));
    await workOnSuspects(suspects, batch);
  } finally {
    clearTimeout(timer);
  }
  const at = attempt.now();
  const counts = { batchSize: messages.length, retry: batch.left.length };
  countBatch(attempt, { lane: attempt.lane, ...counts, ms: at - startedAt }, at);
  await attempt.traces?.flush();
  return batch.left.map(({ id }) => id);
}

interface Batch {
  readonly consume: Consume;
  readonly deadline: Deadline;
  /** Aborted when work must be let go. */
  readonly signal: AbortSignal;
  /** To be acknowledged, and so left out of the answer. */
  readonly done: ReceivedMessage[];
  /** To come back. */
  readonly left: ReceivedMessage[];
}

async function requeueAll(groups: readonly SourceGroup[], batch: Batch): Promise<void> {
  const { consume, done, left } = batch;
  for (const message of groups.flatMap(({ messages }) => messages)) {
    const send = () => requeue(message, consume.queue);
    const sent = await tried(send, "could not send it anew", batch, message);
    (sent ? done : left).push(message);
  }
  await acknowledgeAll(done, batch);
}

async function workOnSuspects(suspects: readonly SourceGroup[], batch: Batch): Promise<void> {
  const { consume, deadline, done } = batch;
  const { queue } = consume;
  const waiting = suspects.slice(1).flatMap(({ messages }) => messages);
  if (suspects.length > 0) await acknowledgeAll(done, batch);
  if (waiting.length > 0) {
    const hold = () => whole(queue.changeVisibilityBatch(waiting, deadline.holdSeconds));
    await tried(hold, "could not say when what waits comes back", batch);
  }
  for (const [at, group] of suspects.entries()) {
    const companions = at < suspects.length - 1;
    if (companions && deadline.permitsStart) {
      const apart = () => whole(queue.changeVisibilityBatch(group.messages, deadline.apartSeconds));
      await tried(apart, "could not set it apart", batch);
    }
    const before = done.length;
    await workOn(group, batch);
    if (companions) await acknowledgeAll(done.slice(before), batch);
  }
}

async function workOn(group: SourceGroup, batch: Batch): Promise<void> {
  const { consume, deadline, signal, done, left } = batch;
  if (!deadline.permitsStart) return releaseAll([group], batch);
  const settlements = await attemptTogether(group.messages, consume.attempt, signal);
  for (const [at, message] of group.messages.entries()) {
    const settlement = settlements[at];
    if (settlement?.kind === "acknowledge") {
      done.push(message);
      continue;
    }
    left.push(message);
    const seconds = settlement?.seconds ?? 0;
    const retry = () => consume.queue.changeVisibility(message, seconds);
    await tried(retry, "could not set when it comes back", batch, message);
  }
}

async function releaseAll(groups: readonly SourceGroup[], batch: Batch): Promise<void> {
  const { consume, done, left } = batch;
  const { maxReceives } = consume.attempt;
  for (const message of groups.flatMap(({ messages }) => messages)) {
    let answer = "retry";
    const give = async () => {
      answer = await release(message, consume.queue, maxReceives);
    };
    await tried(give, "could not hand it back", batch, message);
    (answer === "acknowledge" ? done : left).push(message);
  }
}

/**
 * Before what may end the process. What could not be deleted now is left out of the answer all the
 * same; deleting it again is nothing to SQS.
 */
async function acknowledgeAll(done: readonly ReceivedMessage[], batch: Batch): Promise<void> {
  if (done.length === 0) return;
  const { queue } = batch.consume;
  await tried(
    () => whole(queue.deleteBatch(done)),
    "could not acknowledge before a suspect",
    batch,
  );
}

/** What only sets times or saves a receive: without it, SQS's own rules still bring everything back. */
async function tried(
  act: () => Promise<void>,
  warning: string,
  { consume }: Batch,
  message?: ReceivedMessage,
): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    consume.attempt.log.warn({ err: error, messageId: message?.id }, warning);
    return false;
  }
}

/** @throws Failure when SQS refused a part of a batch */
async function whole(batch: Promise<BatchResult<ReceivedMessage>>): Promise<void> {
  const [first] = (await batch).refused;
  if (first) throw new Failure("StoreUnavailable", `SQS refused a message: ${first.why}`);
}

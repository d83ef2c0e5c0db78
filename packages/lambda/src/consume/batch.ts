import {
  attemptTogether,
  groupBySource,
  type ReadMessage,
  readMessage,
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
 * Attempts a batch of messages. Near the deadline, messages that were not attempted are released at
 * once, so that no timeout delays them.
 *
 * Suspects come last, one at a time, after everything that is done is acknowledged. A suspect that
 * ends the process costs the other messages one receive, and they are not in one batch with it again
 * (docs/adr/011-poison.md).
 *
 * @param remainingMs the time left of the invocation, ms
 * @returns the ids of the messages to retry
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
    () => stop.abort(new Failure("TimedOut", "the function ran out of time")),
    deadline.workMs,
  );
  const batch: Batch = { consume, deadline, signal: stop.signal, done: [], left: [] };
  const groups = groupBySource(messages.map((message) => readMessage(message, attempt)));
  const { last, fresh, suspects, toRequeue } = scheduleBatch(groups, attempt.maxReceives);
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
  /** Aborted when the remaining time is needed to answer. */
  readonly signal: AbortSignal;
  /** Messages to acknowledge: they are not in the answer. */
  readonly done: ReceivedMessage[];
  /** Messages to retry. */
  readonly left: ReceivedMessage[];
}

async function requeueAll(groups: readonly SourceGroup[], batch: Batch): Promise<void> {
  const { consume, done, left } = batch;
  for (const read of groups.flatMap(({ messages }) => messages)) {
    const send = () => requeue(read, consume.queue);
    const sent = await tried(send, "could not requeue a message", batch, read);
    (sent ? done : left).push(read.message);
  }
  await acknowledgeAll(done, batch);
}

async function workOnSuspects(suspects: readonly SourceGroup[], batch: Batch): Promise<void> {
  const { consume, deadline, done } = batch;
  const { queue } = consume;
  const waiting = suspects.slice(1).flatMap(messagesOf);
  if (suspects.length > 0) await acknowledgeAll(done, batch);
  if (waiting.length > 0) {
    const hold = () => whole(queue.changeVisibilityBatch(waiting, deadline.holdSeconds));
    await tried(hold, "could not extend the visibility of waiting suspects", batch);
  }
  for (const [at, group] of suspects.entries()) {
    const isFollowed = at < suspects.length - 1;
    if (isFollowed && deadline.permitsStart) {
      const apart = () =>
        whole(queue.changeVisibilityBatch(messagesOf(group), deadline.apartSeconds));
      await tried(apart, "could not extend the visibility of a suspect", batch);
    }
    const before = done.length;
    await workOn(group, batch);
    if (isFollowed) await acknowledgeAll(done.slice(before), batch);
  }
}

async function workOn(group: SourceGroup, batch: Batch): Promise<void> {
  const { consume, deadline, signal, done, left } = batch;
  if (!deadline.permitsStart) return releaseAll([group], batch);
  const settlements = await attemptTogether(group.messages, consume.attempt, signal);
  for (const [at, read] of group.messages.entries()) {
    const { message } = read;
    const settlement = settlements[at];
    if (settlement?.kind === "acknowledge") {
      done.push(message);
      continue;
    }
    left.push(message);
    const seconds = settlement?.seconds ?? 0;
    const retry = () => consume.queue.changeVisibility(message, seconds);
    await tried(retry, "could not set when a message is retried", batch, read);
  }
}

async function releaseAll(groups: readonly SourceGroup[], batch: Batch): Promise<void> {
  const { consume, done, left } = batch;
  const { maxReceives } = consume.attempt;
  for (const read of groups.flatMap(({ messages }) => messages)) {
    let settlement = "retry";
    const act = async () => {
      settlement = await release(read, consume.queue, maxReceives);
    };
    await tried(act, "could not release a message", batch, read);
    (settlement === "acknowledge" ? done : left).push(read.message);
  }
}

/**
 * Deletes messages before a suspect is attempted, which may end the process. Where that fails, the
 * event source deletes them after the answer; SQS accepts a second deletion.
 */
async function acknowledgeAll(done: readonly ReceivedMessage[], batch: Batch): Promise<void> {
  if (done.length === 0) return;
  const { queue } = batch.consume;
  await tried(
    () => whole(queue.deleteBatch(done)),
    "could not acknowledge messages before a suspect",
    batch,
  );
}

/** Logs an error of a call that only saves time or a receive: without it, SQS retries the messages anyway. */
async function tried(
  act: () => Promise<void>,
  warning: string,
  { consume }: Batch,
  read?: ReadMessage,
): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    consume.attempt.log.warn({ err: error, messageId: read?.message.id }, warning);
    return false;
  }
}

/** @throws Failure when SQS refused a part of a batch */
async function whole(batch: Promise<BatchResult<ReceivedMessage>>): Promise<void> {
  const [first] = (await batch).refused;
  if (first) throw new Failure("StoreUnavailable", `SQS refused a message: ${first.why}`);
}

function messagesOf({ messages }: SourceGroup): ReceivedMessage[] {
  return messages.map(({ message }) => message);
}

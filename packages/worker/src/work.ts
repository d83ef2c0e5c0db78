import { setTimeout } from "node:timers/promises";
import { type AttemptContext, attempt } from "@imagefleet/core/attempt";
import { Failure } from "@imagefleet/core/outcome";
import { backoffSeconds, type Queue, type ReceivedMessage } from "@imagefleet/core/queue";
import { Lease } from "./lease.ts";

export interface WorkOptions {
  readonly queue: Queue;
  readonly attempt: AttemptContext;
  /** Jobs at once. */
  readonly jobs: number;
  readonly leaseSeconds: number;
  readonly pollSeconds: number;
  /** How long, after `stop`, jobs in hand may go on; then they are handed back. */
  readonly drainSeconds: number;
  readonly stop: AbortSignal;
}

/**
 * Drains the lane until `stop`: then receives no more, finishes what fits into the drain time and
 * hands the rest back at once. Receives, acknowledgements and heartbeats are never aborted by a
 * stop: an answer on its way would be lost with its messages.
 */
export async function work(options: WorkOptions): Promise<void> {
  const { stop, attempt: context } = options;
  const inHand = new Map<Promise<void>, Lease>();
  const drain = beginDrainAt(stop, inHand, options);
  let failures = 0;

  while (!stop.aborted) {
    const free = options.jobs - inHand.size;
    if (free === 0) {
      await Promise.race([...inHand.keys(), drain.begun]);
      continue;
    }
    let messages: ReceivedMessage[];
    try {
      messages = await options.queue.receive({ max: free, waitSeconds: options.pollSeconds });
      failures = 0;
    } catch (error) {
      context.log.error({ err: error }, "could not receive");
      failures += 1;
      const pauseMs = backoffSeconds(failures, context.random()) * 1000;
      await setTimeout(pauseMs, undefined, { signal: stop }).catch(() => undefined);
      continue;
    }
    for (const message of messages) {
      if (stop.aborted) {
        await comeBackIn(0, message, options);
        continue;
      }
      const lease = new Lease(options.queue, message, options.leaseSeconds);
      const job = workOn(message, lease, options).finally(() => inHand.delete(job));
      inHand.set(job, lease);
    }
  }
  await Promise.all(inHand.keys());
  drain.end();
}

/** From the moment of the stop on, jobs in hand have the drain time; then they are let go. */
function beginDrainAt(
  stop: AbortSignal,
  inHand: ReadonlyMap<Promise<void>, Lease>,
  { drainSeconds, attempt: context }: WorkOptions,
) {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const late = new AbortController();
  const begin = () => {
    context.log.info({ inHand: inHand.size }, "draining");
    resolve();
    setTimeout(drainSeconds * 1000, undefined, { signal: late.signal }).then(
      () => {
        const reason = new Failure("TimedOut", "the worker was stopped before it was done");
        for (const lease of inHand.values()) lease.abort(reason);
      },
      () => undefined,
    );
  };
  if (stop.aborted) begin();
  else stop.addEventListener("abort", begin, { once: true });
  return { begun, end: () => late.abort() };
}

async function workOn(message: ReceivedMessage, lease: Lease, options: WorkOptions): Promise<void> {
  const { queue, attempt: context, stop } = options;
  try {
    const settlement = await attempt(message, context, lease.signal);
    await lease.end();
    if (settlement.kind === "acknowledge") await queue.acknowledge(message);
    else await comeBackIn(stop.aborted ? 0 : settlement.seconds, message, options);
  } catch (error) {
    // Not acknowledged, it will be done once more: at least once is the promise.
    context.log.warn({ err: error, messageId: message.id }, "could not acknowledge");
  }
}

/** Where even that fails, the message comes back when its lease ends. */
async function comeBackIn(seconds: number, message: ReceivedMessage, options: WorkOptions) {
  try {
    await options.queue.comeBackIn(seconds, message);
  } catch (error) {
    const { log } = options.attempt;
    log.warn({ err: error, messageId: message.id }, "could not set when it comes back");
  }
}

import { type AttemptContext, attempt } from "@imagefleet/core/attempt";
import { Failure } from "@imagefleet/core/outcome";
import type { Queue, ReceivedMessage } from "@imagefleet/core/queue";
import { backoffSeconds } from "@imagefleet/core/queue";
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
  let failures = 0;

  while (!stop.aborted) {
    const free = options.jobs - inHand.size;
    if (free === 0) {
      await Promise.race(inHand.keys());
      continue;
    }
    let messages: ReceivedMessage[];
    try {
      messages = await options.queue.receive({ max: free, waitSeconds: options.pollSeconds });
      failures = 0;
    } catch (error) {
      context.log.error({ err: error }, "could not receive");
      failures += 1;
      await pause(backoffSeconds(failures, context.random()) * 1000, stop);
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
  await drain(inHand, options);
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

async function drain(
  inHand: Map<Promise<void>, Lease>,
  { drainSeconds, attempt: context }: WorkOptions,
) {
  context.log.info({ inHand: inHand.size }, "draining");
  const late = setTimeout(() => {
    const reason = new Failure("TimedOut", "the worker was stopped before it was done");
    for (const lease of inHand.values()) lease.abort(reason);
  }, drainSeconds * 1000);
  await Promise.all(inHand.keys());
  clearTimeout(late);
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

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  stop.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}

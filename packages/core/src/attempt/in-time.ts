import { setTimeout } from "node:timers/promises";
import type { Outcome } from "../outcome/index.ts";
import { outcomeOf } from "../reconcile/index.ts";

/** What an aborted job gets to end by itself, ms: requests on their way end at once when aborted. */
const ABORTED_MS = 100;

/** Resolves after so many ms, and rejects when the signal is aborted. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

const pauseOfClock: Pause = (ms, signal) => setTimeout(ms, undefined, { signal });

/**
 * A codec's step cannot be stopped, and may take longer than anyone can wait: after an abort, the job
 * is answered without it. The step goes on alone; nothing is written after it, and its permit of
 * memory ends with it.
 *
 * @param pause default: the clock's
 */
export async function inTime(
  work: Promise<Outcome>,
  signal: AbortSignal,
  pause: Pause | undefined = pauseOfClock,
): Promise<Outcome> {
  const late = Promise.withResolvers<Outcome>();
  const over = new AbortController();
  const onAbort = () => {
    const answer = () => late.resolve(outcomeOf(signal.reason));
    pause(ABORTED_MS, over.signal).then(answer, () => undefined);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    over.abort();
  }
}

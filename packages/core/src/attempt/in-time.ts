import { setTimeout } from "node:timers/promises";
import type { Outcome } from "../outcome/index.ts";
import { outcomeOf } from "../reconcile/index.ts";

/** How long an aborted job may take to end by itself, ms. Aborted requests end at once. */
const ABORTED_MS = 100;

/** Resolves after so many ms, and rejects when the signal is aborted. */
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

const pauseOfClock: Pause = (ms, signal) => setTimeout(ms, undefined, { signal });

/**
 * Resolves soon after an abort, even if the job has not ended: a step of the codec cannot be stopped
 * and may take long. The step goes on in the background. Nothing is written after it, and it keeps
 * its memory permit until it ends.
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

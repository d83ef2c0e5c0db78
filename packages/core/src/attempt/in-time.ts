import type { Outcome } from "../outcome/index.ts";
import { outcomeOf } from "../reconcile/index.ts";

/** How long an aborted job may take to end by itself, ms. Aborted requests end at once. */
const ABORTED_MS = 100;

/**
 * Resolves soon after an abort, even if the job has not ended: a step of the codec cannot be stopped
 * and may take long. The step goes on in the background. Nothing is written after it, and it keeps
 * its memory permit until it ends.
 */
export async function inTime(work: Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  const late = Promise.withResolvers<Outcome>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => late.resolve(outcomeOf(signal.reason)), ABORTED_MS);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  }
}

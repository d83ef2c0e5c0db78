import type { Outcome } from "../outcome/index.ts";
import { outcomeOf } from "../reconcile/index.ts";

/** What an aborted job gets to end by itself, ms: requests on their way end at once when aborted. */
const ABORTED_MS = 100;

/**
 * A codec's step cannot be stopped, and may take longer than anyone can wait: an aborted job is
 * answered for without it. The step goes on alone; nothing is written after it, and its claim on
 * memory ends with it.
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

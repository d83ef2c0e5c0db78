import { setTimeout as pause } from "node:timers/promises";

/** A look at once, and then ever less often up to this, ms: AWS answers the first call as well as the last. */
const MOST_MS = 5_000;
const FIRST_MS = 200;
const GROWTH = 1.3;

/**
 * Looks again and again until there is something to see.
 *
 * @param limitMs how long at most
 * @returns undefined when the time is over, or the signal is aborted
 */
export async function poll<T>(
  limitMs: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const until = performance.now() + limitMs;
  for (let wait = FIRST_MS; ; wait = Math.min(MOST_MS, wait * GROWTH)) {
    const seen = await look();
    const left = until - performance.now();
    if (seen !== undefined || signal.aborted || left <= 0) return seen;
    await pause(Math.min(wait, left), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
}

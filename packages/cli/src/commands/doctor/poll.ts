import { setTimeout as pause } from "node:timers/promises";

/** The interval grows up to this, ms. */
const MAX_MS = 5_000;
const FIRST_MS = 200;
const GROWTH = 1.3;

/**
 * Polls until there is a result.
 *
 * @returns undefined when the limit is reached or the signal is aborted
 */
export async function poll<T>(
  limitMs: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const until = performance.now() + limitMs;
  for (let wait = FIRST_MS; ; wait = Math.min(MAX_MS, wait * GROWTH)) {
    const result = await look();
    const left = until - performance.now();
    if (result !== undefined || signal.aborted || left <= 0) return result;
    await pause(Math.min(wait, left), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
}

import { setTimeout as delay } from "node:timers/promises";

const FIRST_MS = 100;
const LONGEST_MS = 5000;

/** Waits longer after each consecutive failure. */
export class Backoff {
  #failures = 0;
  #until = 0;

  /** @returns ms until the next attempt */
  failed(): number {
    const ms = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures += 1;
    this.#until = performance.now() + ms;
    return ms;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#until = 0;
  }

  /** Resolves when the next attempt is due, or when `stopping` is aborted. */
  async due(stopping: AbortSignal): Promise<void> {
    await pause(this.#until - performance.now(), stopping);
  }
}

/** Resolves after a number of ms, or when `stopping` is aborted. */
export async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  if (ms <= 0 || stopping.aborted) return;
  try {
    await delay(ms, undefined, { signal: stopping });
  } catch (error) {
    if (!stopping.aborted) throw error;
  }
}

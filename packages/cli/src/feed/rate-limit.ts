import { setTimeout as pause } from "node:timers/promises";

/** Lets so many a second through, evenly; none: as many as come. */
export class RateLimit {
  readonly #perSecond: number | undefined;
  #next = 0;

  constructor(perSecond: number | undefined) {
    this.#perSecond = perSecond;
  }

  /** Waits until so many more may go; at an abort no longer. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    if (this.#perSecond === undefined) return;
    const now = performance.now();
    const at = Math.max(this.#next, now);
    this.#next = at + (count / this.#perSecond) * 1000;
    if (at > now) await pause(at - now, undefined, { signal }).catch(() => undefined);
  }
}

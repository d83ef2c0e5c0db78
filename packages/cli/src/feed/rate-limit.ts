import { setTimeout as pause } from "node:timers/promises";

/** Limits a rate evenly; undefined: no limit. */
export class RateLimit {
  readonly #perSecond: number | undefined;
  #next = 0;

  constructor(perSecond: number | undefined) {
    this.#perSecond = perSecond;
  }

  /** Waits until this many more are allowed, or until an abort. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    if (this.#perSecond === undefined) return;
    const now = performance.now();
    const at = Math.max(this.#next, now);
    this.#next = at + (count / this.#perSecond) * 1000;
    if (at > now) await pause(at - now, undefined, { signal }).catch(() => undefined);
  }
}

import { setTimeout as pause } from "node:timers/promises";

/** Between two looks at a queue that is full, ms: SQS's own counts are no fresher. */
const LOOK_MS = 250;

/**
 * Lets messages into a queue only while fewer than so many wait there, so that what comes meanwhile,
 * an upload, is never behind more than those.
 */
export class Depth {
  readonly #max: number;
  readonly #waiting: () => Promise<number>;
  #room = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #look: Promise<void> | undefined;
  /** As they were at the last look, and what was let in since. */
  waiting = 0;

  /** @param waiting asks the queue how many wait */
  constructor(max: number, waiting: () => Promise<number>) {
    this.#max = max;
    this.#waiting = waiting;
  }

  /**
   * Waits until there is room for so many, and takes it.
   *
   * @returns false after an abort: they must not be sent
   */
  async take(count: number, signal: AbortSignal): Promise<boolean> {
    if (!Number.isFinite(this.#max)) return !signal.aborted;
    while (!signal.aborted) {
      // More than fit at once go in when nothing waits.
      if (this.#room >= Math.min(count, this.#max)) {
        this.#room -= count;
        this.waiting += count;
        return true;
      }
      this.#look ??= this.#lookAgain(signal).finally(() => {
        this.#look = undefined;
      });
      await this.#look;
    }
    return false;
  }

  async #lookAgain(signal: AbortSignal): Promise<void> {
    const since = performance.now() - this.#lookedAt;
    if (since < LOOK_MS) await pause(LOOK_MS - since, undefined, { signal }).catch(() => undefined);
    this.waiting = await this.#waiting();
    this.#lookedAt = performance.now();
    this.#room = this.#max - this.waiting;
  }
}

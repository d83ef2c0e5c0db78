import { setTimeout as pause } from "node:timers/promises";

/** Between two looks at a queue that is full, ms: SQS's own counts are no fresher. */
const LOOK_MS = 250;

/** By itself, a depth is what the fleet takes in so long, s; between these. */
const AUTO_SECONDS = 0.5;
const AUTO_LEAST = 10;
const AUTO_MOST = 1_000;

/** `auto`: as few as keep the fleet busy. Infinite: no look at the queue is taken. */
export type MaxDepth = number | "auto";

/**
 * Lets messages into a queue only while fewer than so many wait there, so that what comes meanwhile,
 * an upload, is never behind more than those.
 */
export class Depth {
  readonly #auto: boolean;
  readonly #waiting: () => Promise<number>;
  #room = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #look: Promise<void> | undefined;
  /** How many may wait. */
  max: number;
  /** As they were at the last look, and what was let in since. */
  waiting = 0;

  /** @param waiting asks the queue how many wait */
  constructor(max: MaxDepth, waiting: () => Promise<number>) {
    this.#auto = max === "auto";
    this.max = max === "auto" ? AUTO_LEAST : max;
    this.#waiting = waiting;
  }

  /**
   * Waits until there is room for so many, and takes it.
   *
   * @returns false after an abort: they must not be sent
   */
  async take(count: number, signal: AbortSignal): Promise<boolean> {
    if (!Number.isFinite(this.max)) return !signal.aborted;
    while (!signal.aborted) {
      // More than fit at once go in when nothing waits.
      if (this.#room >= Math.min(count, this.max)) {
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
    const waiting = await this.#waiting();
    const now = performance.now();
    if (this.#auto)
      this.max = autoDepth(this.waiting - waiting, (now - this.#lookedAt) / 1000, this.max);
    this.waiting = waiting;
    this.#lookedAt = now;
    this.#room = this.max - waiting;
  }
}

/**
 * The depth that follows from what the fleet took between two looks. It can grow to twice its size at
 * a look, where all that was let in was taken; where some is left, the fleet takes no more than this.
 *
 * @param taken messages
 * @param seconds between the looks; infinite before the first
 */
export function autoDepth(taken: number, seconds: number, depth: number): number {
  if (!Number.isFinite(seconds)) return depth;
  const wanted = (Math.max(0, taken) / seconds) * AUTO_SECONDS;
  // One look says little: half of it counts.
  const next = Math.round((depth + Math.min(wanted, depth * 3)) / 2);
  return Math.min(AUTO_MOST, Math.max(AUTO_LEAST, next));
}

import { setTimeout as pause } from "node:timers/promises";
import { AutoDepth, type Counts, wholeBatches } from "./auto-depth.ts";

/** The time between two reads of the counts, ms. SQS does not update them more often than `scaling`. */
const READ_MS = { fixed: 50, scaling: 250 } as const;

/** With Lambda, the automatic depth is what the fleet receives in this time, s, within these limits. */
const AUTO_SECONDS = 0.5;
const AUTO_LEAST = 10;
const AUTO_MOST = 1_000;

/** `auto`: as few as keep the fleet busy. Infinite: no limit, and the counts are not read. */
export type MaxDepth = number | "auto";

/**
 * What drains a queue: a fixed number of consumers, as on a laptop, or Lambda, which adds functions only
 * while messages wait.
 */
export type Consumers = "fixed" | "scaling";

/**
 * Limits the messages in a queue, so that an upload waits behind no more than that.
 */
export class Depth {
  readonly #auto: AutoDepth | "by rate" | undefined;
  readonly #readMs: number;
  readonly #counts: () => Promise<Counts>;
  #byRate = AUTO_LEAST;
  #free = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  /** What the limit counts: for fixed consumers `auto` also counts messages in flight. */
  readonly what: "waiting" | "in the lane";
  /** The limit. */
  max: number;
  /** The messages at the last read, and those that were sent since. */
  there = 0;

  /** @param counts reads the counts of the queue */
  constructor(max: MaxDepth, counts: () => Promise<Counts>, consumers: Consumers) {
    if (max === "auto") this.#auto = consumers === "fixed" ? new AutoDepth() : "by rate";
    this.#readMs = READ_MS[consumers];
    this.what = this.#auto instanceof AutoDepth ? "in the lane" : "waiting";
    this.max = max === "auto" ? AUTO_LEAST : max;
    this.#counts = counts;
  }

  /**
   * Waits until this many messages may be sent.
   *
   * @returns false after an abort: the messages must not be sent
   */
  async take(count: number, signal: AbortSignal): Promise<boolean> {
    if (!Number.isFinite(this.max)) return !signal.aborted;
    while (!signal.aborted) {
      // A batch above the limit may be sent when nothing waits.
      if (this.#free >= Math.min(count, this.max)) {
        this.#free -= count;
        this.there += count;
        return true;
      }
      this.#reading ??= this.#readAgain(signal).finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return false;
  }

  async #readAgain(signal: AbortSignal): Promise<void> {
    const since = performance.now() - this.#readAt;
    if (since < this.#readMs) {
      await pause(this.#readMs - since, undefined, { signal }).catch(() => undefined);
    }
    const counts = await this.#counts();
    const now = performance.now();
    const there = counts.waiting + (this.what === "waiting" ? 0 : counts.inFlight);
    if (this.#auto instanceof AutoDepth) {
      this.#auto.look(counts, now);
      this.max = this.#auto.most;
    } else if (this.#auto === "by rate") {
      const seconds = (now - this.#readAt) / 1000;
      this.#byRate = autoDepth(this.there - there, seconds, this.#byRate);
      this.max = wholeBatches(this.#byRate);
    }
    this.there = there;
    this.#readAt = now;
    this.#free = this.max - there;
  }
}

/**
 * The depth that follows from what the fleet received between two reads. It at most doubles, when
 * everything was received. When messages are left, the fleet receives no more than this.
 *
 * @param taken messages
 * @param seconds between the reads; infinite before the first
 */
export function autoDepth(taken: number, seconds: number, depth: number): number {
  if (!Number.isFinite(seconds)) return depth;
  const wanted = (Math.max(0, taken) / seconds) * AUTO_SECONDS;
  // One read is inexact: its weight is one half.
  const next = Math.round((depth + Math.min(wanted, depth * 3)) / 2);
  return Math.min(AUTO_MOST, Math.max(AUTO_LEAST, next));
}

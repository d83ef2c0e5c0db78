import { setTimeout as pause } from "node:timers/promises";
import { AutoDepth, type Counts, wholeBatches } from "./auto-depth.ts";

/** Between two looks at a queue that is full, ms: SQS's own counts are no fresher than the longer. */
const LOOK_MS = { fixed: 50, scaling: 250 } as const;

/** By itself, with Lambda, a depth is what the fleet takes in so long, s; between these. */
const AUTO_SECONDS = 0.5;
const AUTO_LEAST = 10;
const AUTO_MOST = 1_000;

/** `auto`: as few as keep the fleet busy. Infinite: no look at the queue is taken. */
export type MaxDepth = number | "auto";

/**
 * What drains a queue: so many consumers and no more, as on a laptop; or Lambda, which adds functions
 * as long as something waits, so that something must.
 */
export type Consumers = "fixed" | "scaling";

/**
 * Lets messages into a queue only while fewer than so many are there, so that what comes meanwhile,
 * an upload, is never behind more than those.
 */
export class Depth {
  readonly #auto: AutoDepth | "by rate" | undefined;
  readonly #lookMs: number;
  readonly #counts: () => Promise<Counts>;
  #byRate = AUTO_LEAST;
  #room = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #look: Promise<void> | undefined;
  /** What is counted: for fixed consumers `auto` counts what they hold as well. */
  readonly what: "waiting" | "in the lane";
  /** How many there may be. */
  max: number;
  /** As they were at the last look, and what was let in since. */
  there = 0;

  /** @param counts asks the queue */
  constructor(max: MaxDepth, counts: () => Promise<Counts>, consumers: Consumers) {
    if (max === "auto") this.#auto = consumers === "fixed" ? new AutoDepth() : "by rate";
    this.#lookMs = LOOK_MS[consumers];
    this.what = this.#auto instanceof AutoDepth ? "in the lane" : "waiting";
    this.max = max === "auto" ? AUTO_LEAST : max;
    this.#counts = counts;
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
        this.there += count;
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
    if (since < this.#lookMs) {
      await pause(this.#lookMs - since, undefined, { signal }).catch(() => undefined);
    }
    const counts = await this.#counts();
    const now = performance.now();
    const there = counts.waiting + (this.what === "waiting" ? 0 : counts.inFlight);
    if (this.#auto instanceof AutoDepth) {
      this.#auto.look(counts, now);
      this.max = this.#auto.most;
    } else if (this.#auto === "by rate") {
      const seconds = (now - this.#lookedAt) / 1000;
      this.#byRate = autoDepth(this.there - there, seconds, this.#byRate);
      this.max = wholeBatches(this.#byRate);
    }
    this.there = there;
    this.#lookedAt = now;
    this.#room = this.max - there;
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

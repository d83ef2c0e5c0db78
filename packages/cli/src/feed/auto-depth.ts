/** Messages of a lane, as SQS counts them. */
export interface Counts {
  readonly waiting: number;
  readonly inFlight: number;
}

/** Of the function. */
const BATCH = 10;
const JUDGED_MS = 500;
/** Judgements for which a fleet that was full is left in peace: more each time that it is no larger. */
const PEACE = { first: 32, longest: 128 } as const;
const FACTOR = 1.5;

/**
 * How many messages may be in a lane, waiting and in flight, for a fleet with a fixed number of
 * consumers: as many as keep it busy, less a batch, so that an upload finds a consumer free.
 *
 * The number is found by trying. It goes up while the fleet takes at once all that there is; when
 * something waits at most looks of half a second, every consumer is busy, and what is in flight is all
 * that they hold. Now and then it is tried again, for consumers may have come.
 */
export class AutoDepth {
  most = BATCH;
  #full = Number.POSITIVE_INFINITY;
  #peace: number = PEACE.first;
  #peaceLeft = 0;
  #since: number | undefined;
  #looks = 0;
  #looksWithWaiting = 0;
  #mostInFlight = 0;

  /**
   * Takes note of the lane while there is more to feed than it may have.
   *
   * @param now ms since whenever
   */
  look({ waiting, inFlight }: Counts, now: number): void {
    this.#since ??= now;
    this.#looks++;
    if (waiting > 0) this.#looksWithWaiting++;
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight);
    if (now - this.#since < JUDGED_MS) return;
    this.#judge(this.#looksWithWaiting * 2 > this.#looks);
    this.#since = now;
    this.#looks = 0;
    this.#looksWithWaiting = 0;
    this.#mostInFlight = 0;
  }

  #judge(isFull: boolean): void {
    if (isFull) {
      const hasGrown = this.most > this.#full;
      this.#peace = hasGrown ? PEACE.first : Math.min(PEACE.longest, this.#peace * 2);
      this.#peaceLeft = this.#peace;
      this.#full = this.most;
      this.most = Math.max(BATCH, wholeBatches(this.#mostInFlight) - BATCH);
    } else if (this.#peaceLeft > 0) this.#peaceLeft--;
    else {
      const far = wholeBatches(this.most * FACTOR);
      this.most = far < this.#full ? Math.max(far, this.most + BATCH) : this.most + BATCH;
    }
  }
}

/** As few as are not less and fill batches: what is fed so waits for no further ones. */
export function wholeBatches(messages: number): number {
  return Math.ceil(messages / BATCH) * BATCH;
}

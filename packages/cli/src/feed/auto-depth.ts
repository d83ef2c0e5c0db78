/** The messages of a lane, as SQS counts them. */
export interface Counts {
  readonly waiting: number;
  readonly inFlight: number;
}

/** The batch size of the function. */
const BATCH = 10;
const EVALUATION_MS = 500;
/** Evaluations without a try after the fleet was full. Their number grows while the fleet does not. */
const PAUSE = { first: 32, longest: 128 } as const;
const FACTOR = 1.5;

/**
 * The maximum of messages in a lane, waiting and in flight, for a fleet with a fixed number of consumers:
 * as many as keep it busy, less one batch, so that an upload finds a free consumer.
 *
 * The maximum is found by trying. It rises while the fleet receives everything at once. When messages
 * wait at most reads of half a second, every consumer is busy, and the messages in flight are all that
 * the consumers hold. From time to time a higher maximum is tried, because consumers may have been added.
 */
export class AutoDepth {
  most = BATCH;
  #full = Number.POSITIVE_INFINITY;
  #pause: number = PAUSE.first;
  #pauseLeft = 0;
  #since: number | undefined;
  #looks = 0;
  #looksWithWaiting = 0;
  #mostInFlight = 0;

  /**
   * Records the counts of a lane while more messages are to be sent than the maximum allows.
   *
   * @param now ms of a monotonic clock
   */
  look({ waiting, inFlight }: Counts, now: number): void {
    this.#since ??= now;
    this.#looks++;
    if (waiting > 0) this.#looksWithWaiting++;
    this.#mostInFlight = Math.max(this.#mostInFlight, inFlight);
    if (now - this.#since < EVALUATION_MS) return;
    this.#evaluate(this.#looksWithWaiting * 2 > this.#looks);
    this.#since = now;
    this.#looks = 0;
    this.#looksWithWaiting = 0;
    this.#mostInFlight = 0;
  }

  #evaluate(isFull: boolean): void {
    if (isFull) {
      const hasGrown = this.most > this.#full;
      this.#pause = hasGrown ? PAUSE.first : Math.min(PAUSE.longest, this.#pause * 2);
      this.#pauseLeft = this.#pause;
      this.#full = this.most;
      this.most = Math.max(BATCH, wholeBatches(this.#mostInFlight) - BATCH);
    } else if (this.#pauseLeft > 0) this.#pauseLeft--;
    else {
      const far = wholeBatches(this.most * FACTOR);
      this.most = far < this.#full ? Math.max(far, this.most + BATCH) : this.most + BATCH;
    }
  }
}

/** Rounds up to whole batches, so that no message waits until a batch is full. */
export function wholeBatches(messages: number): number {
  return Math.ceil(messages / BATCH) * BATCH;
}

/**
 * Kept for the answer (the last dead letter, the failures' visibility), ms, and at most a tenth of
 * the invocation.
 */
const ANSWER_MS = 3_000;

/**
 * A record that is begun with less time than this, ms, is likely to be cut off. At most a quarter of
 * the invocation: its first records are always begun, or a short timeout would hand everything back
 * until SQS gives it up.
 */
const START_MS = 15_000;

/** What a clock may be off and a killed process takes to be gone, s. */
const MARGIN_SECONDS = 1;

/**
 * How much later than its companions a suspect is seen again, s: longer than a queue is polled for
 * one batch. At most half the invocation.
 */
const APART_SECONDS = 30;

/** An invocation's time. */
export class Deadline {
  readonly #remainingMs: () => number;
  readonly #wholeMs: number;

  /** @param remainingMs time left of the invocation, ms */
  constructor(remainingMs: () => number) {
    this.#remainingMs = remainingMs;
    this.#wholeMs = remainingMs();
  }

  /** From now until what is under way must be let go, so that the batch is answered in time; ms. */
  get workMs(): number {
    return Math.max(0, this.#remainingMs() - this.#answerMs);
  }

  /** Is there time enough to begin something? */
  get permitsStart(): boolean {
    return this.#remainingMs() >= Math.min(START_MS, this.#wholeMs / 4) + this.#answerMs;
  }

  /** From now until this invocation is over however it ends, s: what it holds must not be seen before. */
  get holdSeconds(): number {
    return Math.ceil(this.#remainingMs() / 1000) + MARGIN_SECONDS;
  }

  /** From now until clearly later than that, s. */
  get apartSeconds(): number {
    return this.holdSeconds + Math.min(APART_SECONDS, Math.ceil(this.#wholeMs / 2000));
  }

  get #answerMs(): number {
    return Math.min(ANSWER_MS, this.#wholeMs / 10);
  }
}

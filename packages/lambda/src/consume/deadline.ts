/**
 * Reserved for the answer (the last dead letter, the visibility of failed messages), ms. At most a
 * tenth of the invocation.
 */
const ANSWER_MS = 3_000;

/**
 * A message that is attempted with less time than this, ms, is likely to be aborted. At most a quarter
 * of the invocation: otherwise a short timeout would release every message until SQS moves it to the
 * dead-letter queue.
 */
const START_MS = 15_000;

/** For wrong clocks and the end of a killed process, s. */
const MARGIN_SECONDS = 1;

/**
 * How much later than the rest of its batch a suspect is visible again, s: longer than the queue is
 * polled for one batch. At most half the invocation.
 */
const APART_SECONDS = 30;

/** The time limits of an invocation. */
export class Deadline {
  readonly #remainingMs: () => number;
  readonly #wholeMs: number;

  /** @param remainingMs the time left of the invocation, ms */
  constructor(remainingMs: () => number) {
    this.#remainingMs = remainingMs;
    this.#wholeMs = remainingMs();
  }

  /** The time until running jobs must be aborted, so that the answer is in time, ms. */
  get workMs(): number {
    return Math.max(0, this.#remainingMs() - this.#answerMs);
  }

  /** Whether there is enough time to start an attempt. */
  get permitsStart(): boolean {
    return this.#remainingMs() >= Math.min(START_MS, this.#wholeMs / 4) + this.#answerMs;
  }

  /** The time until the invocation is certainly over, s: its messages must not be visible before. */
  get holdSeconds(): number {
    return Math.ceil(this.#remainingMs() / 1000) + MARGIN_SECONDS;
  }

  /** A time that is clearly later than `holdSeconds`, s. */
  get apartSeconds(): number {
    return this.holdSeconds + Math.min(APART_SECONDS, Math.ceil(this.#wholeMs / 2000));
  }

  get #answerMs(): number {
    return Math.min(ANSWER_MS, this.#wholeMs / 10);
  }
}

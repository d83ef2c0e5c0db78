import { Failure } from "@imagefleet/core/outcome";
import type { Queue, ReceivedMessage } from "@imagefleet/core/queue";

/** Beats in the time of a lease: two may be lost before it ends. */
const BEATS = 3;

/**
 * A message's visibility timeout, extended while work on it goes on. Each lease has a signal of its
 * own: losing one aborts that job alone.
 */
export class Lease {
  readonly #queue: Queue;
  readonly #message: ReceivedMessage;
  readonly #job = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #beatMs: number;
  #seconds: number;
  #beating: Promise<void> = Promise.resolve();
  #endsAt: number;

  constructor(queue: Queue, message: ReceivedMessage, seconds: number) {
    this.#queue = queue;
    this.#message = message;
    this.#seconds = seconds;
    this.#beatMs = (seconds * 1000) / BEATS;
    this.#endsAt = performance.now() + seconds * 1000;
    this.#timer = setInterval(() => this.#beatNow(), this.#beatMs);
  }

  /** Aborted when the lease is lost, or by `abort`. */
  get signal(): AbortSignal {
    return this.#job.signal;
  }

  /** When it ends unless it is extended, in the time of `performance.now()`. */
  get endsAt(): number {
    return this.#endsAt;
  }

  abort(reason: Error): void {
    this.#job.abort(reason);
  }

  /** From now on the message stays away longer than others do when this process dies. */
  async setApart(): Promise<void> {
    this.#seconds *= 2;
    this.#beatNow();
    await this.#beating;
  }

  /**
   * Ends the heartbeat; the message is then to be acknowledged or sent back. A beat on its way is
   * waited for: arriving later, it would hide a message that was handed back.
   */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  #beatNow(): void {
    // One at a time: of two on their way, the older could arrive last.
    this.#beating = this.#beating.then(() => this.#beat());
  }

  async #beat(): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.#queue.changeVisibility(this.#message, this.#seconds);
      this.#endsAt = startedAt + this.#seconds * 1000;
    } catch (error) {
      // Another worker may hold the message by then: what is begun here is let go.
      if (performance.now() + this.#beatMs < this.#endsAt) return;
      const message = `the lease was lost: ${error instanceof Error ? error.message : error}`;
      this.#job.abort(new Failure("StoreUnavailable", message, { cause: error }));
    }
  }
}

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
  readonly #seconds: number;
  readonly #job = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> = Promise.resolve();
  #endsAt: number;

  constructor(queue: Queue, message: ReceivedMessage, seconds: number) {
    this.#queue = queue;
    this.#message = message;
    this.#seconds = seconds;
    this.#endsAt = performance.now() + seconds * 1000;
    this.#timer = setInterval(
      () => {
        this.#beating = this.#beat();
      },
      (seconds * 1000) / BEATS,
    );
  }

  /** Aborted when the lease is lost, or by `abort`. */
  get signal(): AbortSignal {
    return this.#job.signal;
  }

  abort(reason: Error): void {
    this.#job.abort(reason);
  }

  /**
   * Ends the heartbeat; the message is then to be acknowledged or sent back. A beat on its way is
   * waited for: arriving later, it would hide a message that was handed back.
   */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  async #beat(): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.#queue.comeBackIn(this.#seconds, this.#message);
      this.#endsAt = startedAt + this.#seconds * 1000;
    } catch (error) {
      // Another worker may hold the message by then: what is begun here is let go.
      if (performance.now() + (this.#seconds * 1000) / BEATS < this.#endsAt) return;
      const message = `the lease was lost: ${error instanceof Error ? error.message : error}`;
      this.#job.abort(new Failure("StoreUnavailable", message, { cause: error }));
    }
  }
}

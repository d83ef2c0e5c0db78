import { Failure } from "@imagefleet/core/outcome";
import type { Queue, ReceivedMessage } from "@imagefleet/core/queue";

/** Heartbeats per lease: two of them may fail before it ends. */
const BEATS = 3;

/**
 * The visibility timeout of a message in flight, which a heartbeat extends. Each lease has its own
 * signal: the loss of a lease aborts only its job.
 */
export class Lease {
  readonly #queue: Queue;
  readonly #message: ReceivedMessage;
  readonly #job = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #beatMs: number;
  #seconds: number;
  #heartbeat: Promise<void> = Promise.resolve();
  #endsAt: number;

  /** @param seconds the visibility timeout with which the message was received */
  constructor(queue: Queue, message: ReceivedMessage, seconds: number) {
    this.#queue = queue;
    this.#message = message;
    this.#seconds = seconds;
    this.#beatMs = (seconds * 1000) / BEATS;
    this.#endsAt = performance.now() + seconds * 1000;
    this.#timer = setInterval(() => this.#scheduleBeat(), this.#beatMs);
  }

  /** Aborted when the lease is lost, and by `abort`. */
  get signal(): AbortSignal {
    return this.#job.signal;
  }

  /** When it ends unless it is extended, in ms of `performance.now()`. */
  get endsAt(): number {
    return this.#endsAt;
  }

  /** Aborts the job. */
  abort(reason: Error): void {
    this.#job.abort(reason);
  }

  /** Doubles the lease, so that after a crash the message is visible later than others. */
  async extend(): Promise<void> {
    this.#seconds *= 2;
    this.#scheduleBeat();
    await this.#heartbeat;
  }

  /**
   * Ends the heartbeat. The caller then settles the message. It waits for a heartbeat in progress,
   * which could otherwise hide a released message.
   */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#heartbeat;
  }

  #scheduleBeat(): void {
    // One at a time: of two concurrent heartbeats the older could arrive last.
    this.#heartbeat = this.#heartbeat.then(() => this.#beat());
  }

  async #beat(): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.#queue.changeVisibility(this.#message, this.#seconds);
      this.#endsAt = startedAt + this.#seconds * 1000;
    } catch (error) {
      // Another worker may have received the message: the job here is aborted.
      if (performance.now() + this.#beatMs < this.#endsAt) return;
      const message = `the lease was lost: ${error instanceof Error ? error.message : error}`;
      this.#job.abort(new Failure("StoreUnavailable", message, { cause: error }));
    }
  }
}

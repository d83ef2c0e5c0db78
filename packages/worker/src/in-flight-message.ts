import {
  type AttemptContext,
  attempt,
  type ReadMessage,
  readMessage,
  release,
  requeue,
  type SourceGroup,
} from "@imagefleet/core/attempt";
import type { Queue, ReceivedMessage } from "@imagefleet/core/queue";
import { Lease } from "./lease.ts";

/** A lane that the worker drains. */
export interface LaneWork {
  readonly queue: Queue;
  readonly attempt: AttemptContext;
}

/** A message from its receive until it is acknowledged, retried, released or requeued. */
export class InFlightMessage {
  readonly group: SourceGroup;
  readonly lease: Lease;
  readonly #lane: LaneWork;
  readonly #read: ReadMessage;

  /** @param leaseSeconds the visibility timeout with which the message was received, s */
  constructor(lane: LaneWork, message: ReceivedMessage, leaseSeconds: number) {
    this.#lane = lane;
    this.#read = readMessage(message, lane.attempt);
    this.lease = new Lease(lane.queue, message, leaseSeconds);
    this.group = { messages: [this.#read], suspect: this.#read.suspect };
  }

  /**
   * Attempts the message and settles it. Never throws, and never aborts an acknowledgement: without
   * it the message would be attempted again.
   *
   * @param stopped whether the worker is stopping: a message to retry is then visible at once
   */
  async work(stopped: () => boolean): Promise<void> {
    const { queue, attempt: context } = this.#lane;
    const settlement = await attempt(this.#read, context, this.lease.signal);
    await this.lease.end();
    if (settlement.kind === "acknowledge") return this.#acknowledge();
    const seconds = stopped() ? settlement.minRetrySeconds : settlement.seconds;
    const retry = () => queue.changeVisibility(this.#read.message, seconds);
    await this.#tried(retry, "could not set when a message is retried");
  }

  /** Releases the message without an attempt. */
  async release(): Promise<void> {
    const { queue, attempt: context } = this.#lane;
    await this.lease.end();
    await this.#tried(async () => {
      const settlement = await release(this.#read, queue, context.maxReceives);
      if (settlement === "acknowledge") await queue.delete(this.#read.message);
    }, "could not release a message");
  }

  /** Replaces the message by new ones, which have not been received yet. */
  async requeue(): Promise<void> {
    await this.lease.end();
    const { queue } = this.#lane;
    await this.#tried(async () => {
      await requeue(this.#read, queue);
      await queue.delete(this.#read.message);
    }, "could not requeue a message");
  }

  #acknowledge(): Promise<void> {
    const { queue } = this.#lane;
    return this.#tried(() => queue.delete(this.#read.message), "could not acknowledge a message");
  }

  /** Logs an error: the message is then received again when its lease ends. */
  async #tried(act: () => Promise<void>, warning: string): Promise<void> {
    try {
      await act();
    } catch (error) {
      const { log } = this.#lane.attempt;
      log.warn({ err: error, messageId: this.#read.message.id }, warning);
    }
  }
}

import {
  type AttemptContext,
  attempt,
  groupBySource,
  release,
  requeue,
  type SourceGroup,
} from "@imagefleet/core/attempt";
import type { Queue, ReceivedMessage } from "@imagefleet/core/queue";
import { Lease } from "./lease.ts";

/** A lane that this worker drains. */
export interface LaneWork {
  readonly queue: Queue;
  readonly attempt: AttemptContext;
}

/** A message in hand: from its receive to its acknowledgement, or until it is given back. */
export class InFlightMessage {
  readonly group: SourceGroup;
  readonly lease: Lease;
  readonly #lane: LaneWork;
  readonly #message: ReceivedMessage;

  constructor(lane: LaneWork, message: ReceivedMessage, leaseSeconds: number) {
    this.#lane = lane;
    this.#message = message;
    this.lease = new Lease(lane.queue, message, leaseSeconds);
    const [group = { messages: [message], suspect: true }] = groupBySource([message], leaseSeconds);
    this.group = group;
  }

  /**
   * Works on it and settles it. Never throws, and never aborts an acknowledgement: not acknowledged,
   * it will be done once more, for at least once is the promise.
   *
   * @param stopped asked when it has to come back: after a stop, it does at once
   */
  async work(stopped: () => boolean): Promise<void> {
    const { queue, attempt: context } = this.#lane;
    const settlement = await attempt(this.#message, context, this.lease.signal);
    await this.lease.end();
    if (settlement.kind === "acknowledge") return this.#acknowledge();
    const seconds = stopped() ? settlement.minRetrySeconds : settlement.seconds;
    const retry = () => queue.changeVisibility(this.#message, seconds);
    await this.#tried(retry, "could not set when it comes back");
  }

  /** Gives it back, not begun. */
  async release(): Promise<void> {
    const { queue, attempt: context } = this.#lane;
    await this.lease.end();
    await this.#tried(async () => {
      const answer = await release(this.#message, queue, context.maxReceives);
      if (answer === "acknowledge") await queue.delete(this.#message);
    }, "could not hand it back");
  }

  /** Another takes its place in the queue, received for the first time. */
  async requeue(): Promise<void> {
    await this.lease.end();
    const { queue } = this.#lane;
    await this.#tried(async () => {
      await requeue(this.#message, queue);
      await queue.delete(this.#message);
    }, "could not send it anew");
  }

  #acknowledge(): Promise<void> {
    return this.#tried(() => this.#lane.queue.delete(this.#message), "could not acknowledge");
  }

  /** Where even that fails, the message comes back when its lease ends. */
  async #tried(act: () => Promise<void>, warning: string): Promise<void> {
    try {
      await act();
    } catch (error) {
      const { log } = this.#lane.attempt;
      log.warn({ err: error, messageId: this.#message.id }, warning);
    }
  }
}

import { setImmediate } from "node:timers";
import { type ReceivedMessage, type SqsMessage, SqsQueue, type SqsQueueBase } from "./fauxqs.ts";
import type { Persistence } from "./persistence.ts";
import { redrivePolicyOf } from "./redrive.ts";

type Resolve = (arn: string) => SqsQueueBase | undefined;

/** What the queue needs of the server around it. */
export type Surroundings = { disk(): Persistence; byArn: Resolve };

/** A queue of fauxqs with dead letters, old receipt handles and waiting mended. */
export class Queue extends SqsQueue {
  readonly #around: Surroundings;
  readonly #handleOf = new WeakMap<SqsMessage, string>();
  #closed = false;
  #turn: Promise<void> | undefined;

  constructor(around: Surroundings, ...given: ConstructorParameters<typeof SqsQueue>) {
    super(...given);
    this.#around = around;
  }

  override dequeue(max: number, visibilitySeconds?: number, resolve?: Resolve): ReceivedMessage[] {
    if (this.isFifo()) return super.dequeue(max, visibilitySeconds, resolve);
    return this.#around.disk().atomically(() => {
      this.processTimers();
      this.#moveExhausted(max);
      const received = super.dequeue(max, visibilitySeconds);
      for (const { ReceiptHandle } of received) {
        const entry = this.inflightMessages.get(ReceiptHandle);
        if (entry !== undefined) this.#handleOf.set(entry.message, ReceiptHandle);
      }
      return received;
    });
  }

  // AWS deletes by the latest receipt handle also after its visibility ended, as
  // long as nobody else received the message. fauxqs forgets the handle.
  override deleteMessage(handle: string): boolean {
    this.processTimers();
    if (super.deleteMessage(handle)) return true;
    const at = this.messages.findIndex((message) => this.#handleOf.get(message) === handle);
    const [message] = at < 0 ? [] : this.messages.splice(at, 1);
    if (message === undefined) return false;
    this.persistence?.deleteMessage(message.messageId);
    return true;
  }

  override cancelWaiters(): void {
    this.#closed = true;
    super.cancelWaiters();
  }

  /**
   * Waits until there is a message for this caller, who then takes it without a
   * pause. fauxqs wakes every waiter for one message, and all but one of them
   * return empty long before their time.
   *
   * @returns "stop" when the caller has gone or the queue is closed: take nothing
   */
  async wait(seconds: number, caller: AbortSignal): Promise<"receive" | "stop"> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      if (this.#closed || caller.aborted) return "stop";
      if (this.#turn !== undefined) await this.#turn;
      else if (this.#hasMessage()) {
        this.#takeTurn();
        return "receive";
      } else {
        const left = deadline - Date.now();
        if (left <= 0) return "receive";
        await this.#nextMessage(left / 1000, caller);
      }
    }
  }

  // The one whose turn it is receives within this tick.
  #takeTurn(): void {
    this.#turn = new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        resolve();
      });
    });
  }

  async #nextMessage(seconds: number, caller: AbortSignal): Promise<void> {
    const message = this.waitForMessages(seconds);
    const waiter = this.pollWaiters.at(-1);
    const leave = () => {
      if (waiter === undefined) return;
      this.pollWaiters = this.pollWaiters.filter((other) => other !== waiter);
      clearTimeout(waiter.timer);
      waiter.resolve();
    };
    caller.addEventListener("abort", leave);
    await message;
    caller.removeEventListener("abort", leave);
  }

  #hasMessage(): boolean {
    this.processTimers();
    if (!this.isFifo()) {
      this.#moveExhausted(1);
      return this.messages.length > 0;
    }
    return [...this.fifoMessages].some(
      ([group, messages]) => messages.length > 0 && !this.fifoLockedGroups.has(group),
    );
  }

  // fauxqs counts the move as a receive, so that a dead letter's first receive
  // showed maxReceiveCount + 2; and deletes the row before it writes the new one.
  #moveExhausted(wanted: number): void {
    const policy = redrivePolicyOf(this.attributes["RedrivePolicy"]);
    const target = policy && this.#around.byArn(policy.deadLetterTargetArn);
    if (policy === undefined || target === undefined || target === this) return;
    const isExhausted = (message: SqsMessage) =>
      message.approximateReceiveCount >= policy.maxReceiveCount;
    for (let at = 0; at < Math.min(wanted, this.messages.length); ) {
      const message = this.messages[at];
      if (message === undefined || !isExhausted(message)) at++;
      else {
        this.messages.splice(at, 1);
        target.enqueue(message);
      }
    }
  }
}

import type { Clock } from "./clock.ts";
import { value } from "./constants.ts";

const MOST_IN_AGE = value("receivesInAge");
const SLEEPS = value("queueSleeps");
const WAKES = value("queueWakes");

/** A message of a queue, with what it asks for. */
export interface Message<Job> {
  readonly job: Job;
  /** When it was first sent, s. Its retention counts from then. */
  readonly sentAt: number;
  /** When it came into this queue, s. Its age counts from then. */
  enteredAt: number;
  receives: number;
  isInFlight: boolean;
}

export interface QueueOptions {
  readonly name: string;
  readonly visibilitySeconds: number;
  readonly retentionSeconds: number;
  readonly delaySeconds: number;
  /** After so many receives a message goes to the queue of this name. */
  readonly redrive?: { readonly to: string; readonly maxReceives: number } | undefined;
  /** Does a schedule keep it in use? */
  readonly isAwake: boolean;
}

/** What CloudWatch gets of a queue in a minute. */
export interface QueueMinute {
  readonly visible: number;
  readonly inFlight: number;
  /** s; undefined in an empty queue */
  readonly age: number | undefined;
  readonly sent: number;
}

/**
 * A standard queue of SQS. A receive gives a message to somebody who must delete or release it: whoever
 * receives knows when the visibility timeout ends.
 */
export class Queue<Job> {
  /** Messages that SQS has moved to the dead-letter queue, and those that it deleted at their retention's end. */
  moved = 0;
  expired = 0;
  readonly options: QueueOptions;
  readonly #clock: Clock;
  readonly #deadLetters: Queue<Job> | undefined;
  /** All messages, the oldest first. */
  readonly #messages = new Set<Message<Job>>();
  #ready: (Message<Job> | undefined)[] = [];
  #first = 0;
  #visible = 0;
  #inFlight = 0;
  #sent = 0;
  #usedAt = 0;
  #wakesAt = 0;
  #listeners: (() => void)[] = [];

  constructor(clock: Clock, options: QueueOptions, deadLetters?: Queue<Job>) {
    this.options = options;
    this.#clock = clock;
    this.#deadLetters = deadLetters;
  }

  /** Calls back when a message becomes visible. */
  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get visible(): number {
    return this.#visible;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** All messages, also those that are delayed. */
  get size(): number {
    return this.#messages.size;
  }

  send(job: Job, sentAt = this.#clock.now): void {
    this.#sent += 1;
    this.#use();
    this.#enter({ job, sentAt, enteredAt: this.#clock.now, receives: 0, isInFlight: false });
  }

  #enter(message: Message<Job>): void {
    this.#messages.add(message);
    const { delaySeconds } = this.options;
    if (delaySeconds > 0) this.#clock.after(delaySeconds, () => this.#show(message));
    else this.#show(message);
  }

  #show(message: Message<Job>): void {
    this.#ready.push(message);
    this.#visible += 1;
    for (const listener of this.#listeners) listener();
  }

  /** @param most the most messages */
  receive(most: number): Message<Job>[] {
    this.#use();
    const received: Message<Job>[] = [];
    const { redrive } = this.options;
    while (received.length < most && this.#first < this.#ready.length) {
      const message = this.#ready[this.#first];
      this.#ready[this.#first] = undefined;
      this.#first += 1;
      if (this.#first > 1000 && this.#first * 2 > this.#ready.length) {
        this.#ready = this.#ready.slice(this.#first);
        this.#first = 0;
      }
      if (message === undefined || !this.#messages.has(message)) continue;
      this.#visible -= 1;
      if (redrive !== undefined && message.receives >= redrive.maxReceives) {
        this.#move(message);
        continue;
      }
      message.receives += 1;
      message.isInFlight = true;
      this.#inFlight += 1;
      received.push(message);
    }
    return received;
  }

  /** SQS itself moves a message: not a message that was sent, and it expires as if it had not been moved. */
  #move(message: Message<Job>): void {
    this.#messages.delete(message);
    this.moved += 1;
    this.#deadLetters?.take(message);
  }

  take({ job, sentAt }: Message<Job>): void {
    this.#use();
    this.#enter({ job, sentAt, enteredAt: this.#clock.now, receives: 0, isInFlight: false });
  }

  delete(message: Message<Job>): void {
    if (!this.#messages.delete(message)) return;
    this.#use();
    if (message.isInFlight) this.#inFlight -= 1;
    else this.#visible -= 1;
  }

  /** Makes a received message visible again after so many seconds. */
  release(message: Message<Job>, seconds: number): void {
    const show = () => {
      if (!this.#messages.has(message)) return;
      message.isInFlight = false;
      this.#inFlight -= 1;
      this.#show(message);
    };
    if (seconds <= 0) show();
    else this.#clock.after(seconds, show);
  }

  /** Counts as use. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html */
  #use(): void {
    const { now } = this.#clock;
    if (now - this.#usedAt > SLEEPS) this.#wakesAt = now + WAKES;
    this.#usedAt = now;
  }

  /** A poller that waits for messages, or a schedule, uses the queue too. */
  touch(): void {
    this.#use();
  }

  /**
   * Ends a minute.
   *
   * @returns what CloudWatch gets of it; undefined while SQS does not report the queue
   */
  minute(): QueueMinute | undefined {
    const { now } = this.#clock;
    this.#expire();
    const sent = this.#sent;
    this.#sent = 0;
    if (now - this.#usedAt > SLEEPS || now < this.#wakesAt) return undefined;
    return { visible: this.#visible, inFlight: this.#inFlight, age: this.age(), sent };
  }

  /** The age of the oldest message that was not received too often, s. */
  age(): number | undefined {
    for (const { receives, enteredAt } of this.#messages) {
      if (receives <= MOST_IN_AGE) return this.#clock.now - enteredAt;
    }
    return undefined;
  }

  #expire(): void {
    for (const message of this.#messages) {
      if (this.#clock.now - message.sentAt < this.options.retentionSeconds) break;
      if (message.isInFlight) continue;
      this.#messages.delete(message);
      this.#visible -= 1;
      this.expired += 1;
    }
  }
}

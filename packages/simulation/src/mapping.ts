import type { Chance } from "./chance.ts";
import type { Clock } from "./clock.ts";
import { value } from "./constants.ts";
import type { LambdaFunction } from "./function.ts";
import type { Message, Queue } from "./queue.ts";

export interface MappingOptions {
  readonly batchSize: number;
  /** How long a batch is gathered from its first message, s. */
  readonly windowSeconds: number;
  /** The most batches at once, where the setting has it; in provisioned mode it has not. */
  readonly maximumConcurrency?: number | undefined;
  /** Provisioned mode. */
  readonly pollers?: { readonly min: number; readonly max: number } | undefined;
}

/** What a batch comes to, decided when it begins. */
export interface BatchRun<Job> {
  readonly seconds: number;
  /** The function fails as a whole: its messages stay hidden until their visibility timeout ends. */
  readonly isError: boolean;
  /** What each message of a batch that succeeds comes to. */
  readonly settle: (message: Message<Job>) => void;
}

/** A batch that is gathered, with the end of its window. */
interface Gathering<Job> {
  readonly messages: Message<Job>[];
  isOpen: boolean;
}

const BATCHES = value("provisionedBatches");
const RETRY = value("throttledRetry");

/** Seconds without a backlog after which Lambda polls as at first. AWS does not say. */
const QUIET_SECONDS = 300;

/**
 * An event source mapping: pollers gather batches and invoke a function with each. Lambda adds pollers
 * while there is a backlog.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
export class Mapping<Job> {
  readonly options: MappingOptions;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #queue: Queue<Job>;
  readonly #function: LambdaFunction;
  readonly #run: (batch: readonly Message<Job>[]) => BatchRun<Job>;
  readonly #gathering: Gathering<Job>[] = [];
  readonly #least: number;
  readonly #most: number;
  readonly #growth: number;
  #pollers: number;
  #invoking = 0;
  #isGrowing = false;
  #backlogAt = 0;
  batches = 0;
  messages = 0;
  #isEnabled = true;

  constructor(
    { clock, chance }: { readonly clock: Clock; readonly chance: Chance },
    options: MappingOptions,
    queue: Queue<Job>,
    fn: LambdaFunction,
    run: (batch: readonly Message<Job>[]) => BatchRun<Job>,
  ) {
    this.options = options;
    this.#clock = clock;
    this.#chance = chance;
    this.#queue = queue;
    this.#function = fn;
    this.#run = run;
    const { pollers, maximumConcurrency = Number.POSITIVE_INFINITY } = options;
    this.#least = pollers
      ? pollers.min * BATCHES
      : Math.min(value("pollersStart"), maximumConcurrency);
    this.#most = pollers
      ? pollers.max * BATCHES
      : Math.min(value("pollersMost"), maximumConcurrency);
    this.#growth = value(pollers ? "provisionedGrow" : "pollersGrow") / 60;
    this.#pollers = this.#least;
    queue.listen(() => this.#poll());
  }

  /** Does it work on as many batches at once as its setting permits? */
  get isAtMost(): boolean {
    return this.#pollers >= this.#most;
  }

  /** Batches that may be gathered or invoked at once now. */
  get pollers(): number {
    return this.#pollers;
  }

  /** A mapping that is disabled invokes nothing, and does not poll. */
  enable(isEnabled: boolean): void {
    this.#isEnabled = isEnabled;
    if (isEnabled) this.#poll();
  }

  /** A queue that Lambda polls is in use all the time. */
  minute(): void {
    if (this.#isEnabled) this.#queue.touch();
    if (this.#queue.visible > 0) this.#backlogAt = this.#clock.now;
    else if (this.#clock.now - this.#backlogAt > QUIET_SECONDS) {
      this.#pollers = Math.max(this.#least, this.#invoking + this.#gathering.length);
    }
  }

  /** Long polls answer in no order: any poller with room gets the message. */
  #poll(): void {
    while (this.#isEnabled && this.#queue.visible > 0) {
      const open = this.#gathering.length;
      const room = Math.floor(this.#pollers) - this.#invoking - open;
      // A provisioned poller gathers one batch at a time, whatever it has invoked.
      const gatherers = this.options.pollers ? Math.floor(this.#pollers / BATCHES) - open : room;
      const idle = Math.min(room, gatherers);
      if (idle + open <= 0) {
        this.#grow();
        return;
      }
      const at = this.#chance.whole(0, idle + open - 1);
      const gathering = this.#gathering[at] ?? this.#begin();
      this.#add(gathering);
      if (gathering.messages.length === 0) this.#close(gathering);
    }
  }

  #begin(): Gathering<Job> {
    const gathering: Gathering<Job> = { messages: [], isOpen: true };
    this.#gathering.push(gathering);
    const { windowSeconds } = this.options;
    if (windowSeconds > 0) this.#clock.after(windowSeconds, () => this.#end(gathering));
    return gathering;
  }

  #add(gathering: Gathering<Job>): void {
    const { batchSize, windowSeconds } = this.options;
    gathering.messages.push(...this.#queue.receive(batchSize - gathering.messages.length));
    const isFull = gathering.messages.length >= batchSize;
    if (isFull || (windowSeconds <= 0 && gathering.messages.length > 0)) this.#end(gathering);
  }

  #close(gathering: Gathering<Job>): void {
    gathering.isOpen = false;
    const at = this.#gathering.indexOf(gathering);
    if (at >= 0) this.#gathering.splice(at, 1);
  }

  #end(gathering: Gathering<Job>): void {
    if (!gathering.isOpen) return;
    this.#close(gathering);
    this.#invoking += 1;
    this.batches += 1;
    this.messages += gathering.messages.length;
    this.#invoke(gathering.messages, this.#clock.now);
  }

  #invoke(batch: readonly Message<Job>[], receivedAt: number): void {
    const run = this.#run(batch);
    const { visibilitySeconds } = this.#queue.options;
    const left = () => visibilitySeconds - (this.#clock.now - receivedAt);
    const isStarted = this.#function.invoke(run, (isError) => {
      for (const message of batch) {
        if (isError) this.#queue.release(message, left());
        else run.settle(message);
      }
      this.#free();
    });
    if (isStarted) return;
    // Lambda tries a throttled batch again until its messages are visible again.
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    if (left() > RETRY) this.#clock.after(RETRY, () => this.#invoke(batch, receivedAt));
    else {
      for (const message of batch) this.#queue.release(message, left());
      this.#free();
    }
  }

  #free(): void {
    this.#invoking -= 1;
    this.#poll();
  }

  #grow(): void {
    if (this.#isGrowing || this.#pollers >= this.#most) return;
    this.#isGrowing = true;
    this.#clock.after(1, () => {
      this.#isGrowing = false;
      if (this.#queue.visible === 0) return;
      this.#pollers = Math.min(this.#most, this.#pollers + this.#growth);
      this.#poll();
    });
  }
}

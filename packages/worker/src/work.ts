import { setTimeout } from "node:timers/promises";
import { scheduleBatch } from "@imagefleet/core/attempt";
import { Failure } from "@imagefleet/core/outcome";
import { backoffSeconds } from "@imagefleet/core/queue";
import type { Logger } from "@imagefleet/core/telemetry";
import type { Traces } from "@imagefleet/core/traces";
import type { Health } from "./health/health.ts";
import type { LoopHealth } from "./health/loop-health.ts";
import { InFlightMessage, type LaneWork } from "./in-flight-message.ts";
import type { TaskProtection } from "./protection.ts";

/** The longest pause after a failed receive, ms, so that a recovered queue is found soon. */
const MAX_PAUSE_MS = 30_000;

export interface WorkOptions {
  readonly lanes: readonly LaneWork[];
  /** How many messages of each lane are in flight. The semaphore limits concurrent renders. */
  readonly jobs: number;
  readonly leaseSeconds: number;
  readonly pollSeconds: number;
  /** How long jobs in flight may go on after `stop`, s. Then they are aborted and retried. */
  readonly drainSeconds: number;
  readonly health: Health;
  readonly protection: TaskProtection;
  readonly log: Logger;
  readonly traces?: Traces | undefined;
  /** in [0, 1) */
  readonly random: () => number;
  readonly stop: AbortSignal;
}

/**
 * Drains the lanes until `stop`. Then it receives no more, finishes the jobs that end within the drain
 * time, and makes the other messages visible at once. A stop never aborts a receive, an
 * acknowledgement or a heartbeat: an answer on its way would be lost with its messages.
 */
export async function work(options: WorkOptions): Promise<void> {
  await new Work(options).run();
}

class Work {
  readonly #options: WorkOptions;
  /** The messages that are being attempted. */
  readonly #inFlight = new Map<Promise<void>, InFlightMessage>();
  /** Suspects that wait to be attempted alone. */
  readonly #suspects = new Set<InFlightMessage>();
  #alone: Promise<void> | undefined;
  /** Resolves at the stop. */
  readonly #stopped = Promise.withResolvers<void>();
  readonly #over = new AbortController();

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { lanes, stop } = this.#options;
    if (stop.aborted) this.#beginDrain();
    else stop.addEventListener("abort", () => this.#beginDrain(), { once: true });
    await Promise.all(lanes.map((lane) => this.#drain(lane)));
    while (this.#inFlight.size > 0 || this.#alone) {
      await Promise.all([...this.#inFlight.keys(), this.#alone]);
    }
    this.#over.abort();
  }

  /** Receives the messages of one lane, until the stop. */
  async #drain(lane: LaneWork): Promise<void> {
    const { health, jobs, leaseSeconds, log, pollSeconds, random, stop } = this.#options;
    const loopHealth = health.loopHealth(lane.attempt.lane, pollSeconds * 1000);
    const mine = new Set<Promise<void>>();
    let failures = 0;
    while (!stop.aborted) {
      // A message received now would only wait for a suspect, and its receive would count.
      if (this.#alone || mine.size >= jobs) {
        await Promise.race([this.#alone ?? Promise.race(mine), this.#stopped.promise]);
        continue;
      }
      loopHealth.asks();
      try {
        const max = jobs - mine.size;
        const messages = await lane.queue.receive({ max, waitSeconds: pollSeconds });
        loopHealth.answered();
        failures = 0;
        const inFlight = messages.map(
          (message) => new InFlightMessage(lane, message, leaseSeconds),
        );
        for (const one of inFlight) {
          const done = this.#take(one, loopHealth).finally(() => mine.delete(done));
          mine.add(done);
        }
      } catch (error) {
        log.error({ err: error }, "could not receive");
        failures += 1;
        loopHealth.failed();
        const pauseMs = Math.min(MAX_PAUSE_MS, backoffSeconds(failures, random()) * 1000);
        await setTimeout(pauseMs, undefined, { signal: stop }).catch(() => undefined);
      }
    }
    await Promise.all(mine);
    loopHealth.end();
  }

  /** Attempts a received message, after the suspects if there are any. */
  async #take(inFlight: InFlightMessage, loopHealth: LoopHealth): Promise<void> {
    const release = loopHealth.holds(inFlight.lease);
    try {
      if (inFlight.group.suspect) {
        this.#suspects.add(inFlight);
        this.#alone ??= this.#workAlone();
      }
      // Messages of one lane may arrive while a suspect of the other is attempted.
      while (this.#alone) await this.#alone;
      if (inFlight.group.suspect) return;
      if (this.#options.stop.aborted) await inFlight.release();
      else await this.#begin(inFlight);
    } finally {
      release();
    }
  }

  #begin(inFlight: InFlightMessage): Promise<void> {
    const release = this.#options.protection.hold();
    const job = inFlight
      .work(() => this.#options.stop.aborted)
      .finally(() => {
        release();
        this.#inFlight.delete(job);
      });
    this.#inFlight.set(job, inFlight);
    return job;
  }

  /** Attempts the suspects one at a time, with nothing concurrent, until there are none. */
  async #workAlone(): Promise<void> {
    while (this.#suspects.size > 0) {
      await Promise.all(this.#inFlight.keys());
      if (this.#options.stop.aborted) {
        await Promise.all([...this.#suspects].map((inFlight) => inFlight.release()));
        this.#suspects.clear();
        break;
      }
      await this.#workOnNext();
    }
    this.#alone = undefined;
  }

  async #workOnNext(): Promise<void> {
    const of = new Map([...this.#suspects].map((inFlight) => [inFlight.group, inFlight]));
    const maxReceives = Math.min(...this.#options.lanes.map(({ attempt }) => attempt.maxReceives));
    const { last, suspects, toRequeue } = scheduleBatch([...of.keys()], maxReceives);
    for (const group of toRequeue) {
      const inFlight = of.get(group);
      if (inFlight) this.#suspects.delete(inFlight);
      await inFlight?.requeue();
    }
    const [next] = last ? [last] : suspects;
    const inFlight = next && of.get(next);
    if (inFlight === undefined) return;
    if (this.#suspects.size > 1) await inFlight.lease.extend();
    await this.#begin(inFlight);
    this.#suspects.delete(inFlight);
  }

  /** Aborts the jobs in flight when the drain time after the stop ends. */
  #beginDrain(): void {
    const { drainSeconds, log } = this.#options;
    log.info({ inFlight: this.#inFlight.size }, "draining");
    this.#stopped.resolve();
    setTimeout(drainSeconds * 1000, undefined, { signal: this.#over.signal }).then(
      () => {
        const reason = new Failure("TimedOut", "the worker was stopped before the job ended");
        for (const { lease } of this.#inFlight.values()) lease.abort(reason);
      },
      () => undefined,
    );
  }
}

import { setTimeout as delay } from "node:timers/promises";
import type { Fleet } from "@imagefleet/local/fleet";
import type { Chance } from "../../model/chance.ts";

export interface ProcessKillerOptions {
  readonly fleet: Pick<Fleet, "processes">;
  readonly chance: Chance;
  /** Seconds between two kills, on average; 0: none. */
  readonly kills: number;
  /** Seconds between two workers' pauses, on average; 0: none. */
  readonly pauses: number;
  /** The longest pause, seconds. */
  readonly longestPause: number;
}

/**
 * Kills (-9) the fleet's processes at random, and stops workers for longer than a lease, so that another
 * worker receives the job that they continue later.
 */
export class ProcessKiller {
  readonly counts = { functions: 0, workers: 0, paused: 0 };
  readonly #options: ProcessKillerOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(options: ProcessKillerOptions) {
    this.#options = options;
    this.#running = Promise.all([
      this.#every(options.kills, () => this.#kill()),
      this.#every(options.pauses, () => this.#pause()),
    ]);
    this.#running.catch(() => {});
  }

  /** Continues stopped workers. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #every(seconds: number, act: () => Promise<void> | void): Promise<void> {
    if (seconds === 0) return;
    for (;;) {
      await this.#wait(this.#options.chance.gap(seconds));
      if (this.#stop.signal.aborted) return;
      await act();
    }
  }

  #kill(): void {
    const { fleet, chance } = this.#options;
    const kind = chance.happens(0.6) ? "functions" : "workers";
    const pid = chance.pick(fleet.processes()[kind]);
    if (pid !== undefined && signal(pid, "SIGKILL")) this.counts[kind] += 1;
  }

  async #pause(): Promise<void> {
    const { fleet, chance, longestPause } = this.#options;
    const pid = chance.pick(fleet.processes().workers);
    if (pid === undefined || !signal(pid, "SIGSTOP")) return;
    this.counts.paused += 1;
    await this.#wait(chance.between(1, longestPause));
    // The id may have been reused by another process.
    if (fleet.processes().workers.includes(pid)) signal(pid, "SIGCONT");
  }

  async #wait(seconds: number): Promise<void> {
    const options = { signal: this.#stop.signal };
    await delay(seconds * 1000, undefined, options).catch(() => undefined);
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    // The process has already ended.
    return false;
  }
}

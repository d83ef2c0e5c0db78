import { renameSync, rmSync, writeFileSync } from "node:fs";
import type { Logger } from "@imagefleet/core/telemetry";
import { LoopHealth } from "./loop-health.ts";
import type { HealthReport } from "./report.ts";

/**
 * Writes at an interval to a file whether the worker is healthy. A hanging process does not write,
 * which the check finds by the age of the report.
 */
export class Health {
  readonly #file: string;
  readonly #everyMs: number;
  readonly #log: Logger;
  readonly #loops: LoopHealth[] = [];
  #timer: NodeJS.Timeout | undefined;
  #written = true;

  constructor(file: string, options: { readonly everyMs: number; readonly log: Logger }) {
    this.#file = file;
    this.#everyMs = options.everyMs;
    this.#log = options.log;
  }

  /** Adds the loop of a lane. @param waitMs how long one receive waits for messages */
  loopHealth(lane: string, waitMs: number): LoopHealth {
    const loopHealth = new LoopHealth(lane, waitMs);
    this.#loops.push(loopHealth);
    return loopHealth;
  }

  start(): void {
    this.#report();
    this.#timer = setInterval(() => this.#report(), this.#everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    rmSync(this.#file, { force: true });
  }

  #report(): void {
    const why = this.#loops.map((loop) => loop.fault()).find((fault) => fault !== undefined);
    const ready = this.#loops.length > 0 && this.#loops.every((loop) => loop.ready);
    const report: HealthReport = {
      at: Date.now(),
      live: why === undefined,
      ready,
      ...(why !== undefined && { why }),
    };
    try {
      // A rename, so that a concurrent reader does not read half of it.
      writeFileSync(`${this.#file}.next`, JSON.stringify(report));
      renameSync(`${this.#file}.next`, this.#file);
      this.#written = true;
    } catch (error) {
      if (this.#written) this.#log.error({ err: error }, "could not write the health report");
      this.#written = false;
    }
  }
}

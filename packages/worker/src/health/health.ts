import { renameSync, rmSync, writeFileSync } from "node:fs";
import type { Logger } from "@imagefleet/core/telemetry";
import { LoopHealth } from "./loop-health.ts";
import type { HealthReport } from "./report.ts";

/**
 * Says in a file, again and again, whether the worker is well. A process that hangs says nothing: the
 * check tells that from the file's age.
 */
export class Health {
  readonly #file: string;
  readonly #everyMs: number;
  readonly #log: Logger;
  readonly #pulses: LoopHealth[] = [];
  #timer: NodeJS.Timeout | undefined;
  #written = true;

  constructor(file: string, options: { readonly everyMs: number; readonly log: Logger }) {
    this.#file = file;
    this.#everyMs = options.everyMs;
    this.#log = options.log;
  }

  loopHealth(lane: string, waitMs: number): LoopHealth {
    const loopHealth = new LoopHealth(lane, waitMs);
    this.#pulses.push(loopHealth);
    return loopHealth;
  }

  start(): void {
    this.#say();
    this.#timer = setInterval(() => this.#say(), this.#everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    rmSync(this.#file, { force: true });
  }

  #say(): void {
    const why = this.#pulses
      .map((loopHealth) => loopHealth.fault())
      .find((fault) => fault !== undefined);
    const ready = this.#pulses.length > 0 && this.#pulses.every((loopHealth) => loopHealth.ready);
    const report: HealthReport = {
      at: Date.now(),
      live: why === undefined,
      ready,
      ...(why !== undefined && { why }),
    };
    try {
      // As one: who reads it meanwhile must not see half of it.
      writeFileSync(`${this.#file}.next`, JSON.stringify(report));
      renameSync(`${this.#file}.next`, this.#file);
      this.#written = true;
    } catch (error) {
      if (this.#written) this.#log.error({ err: error }, "could not say that it is well");
      this.#written = false;
    }
  }
}

import { setTimeout as delay } from "node:timers/promises";
import type { Fleet } from "@imagefleet/local/fleet";
import type { Chance } from "../chance.ts";

/** Kills (-9) one of the fleet's processes now and then, whatever it is doing. */
export class Killer {
  readonly kills = { functions: 0, workers: 0 };
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  /** @param seconds between two kills, on average; 0: none */
  constructor(fleet: Pick<Fleet, "processes">, seconds: number, chance: Chance) {
    this.#running = seconds > 0 ? this.#run(fleet, seconds, chance) : Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(fleet: Pick<Fleet, "processes">, seconds: number, chance: Chance): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await delay(chance.gap(seconds) * 1000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const { functions, workers } = fleet.processes();
      const kind = chance.happens(0.6) ? "functions" : "workers";
      const pid = chance.pick(kind === "functions" ? functions : workers);
      if (pid !== undefined && kill(pid)) this.kills[kind] += 1;
    }
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
    return false;
  }
}

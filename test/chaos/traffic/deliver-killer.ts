import type { Follow } from "@imagefleet/local/fault-proxy";
import type { Fleet } from "@imagefleet/local/fleet";
import type { Chance } from "../../model/chance.ts";

export interface DeliverKillerOptions {
  readonly fleet: Pick<Fleet, "processes" | "renditionBucket">;
  readonly chance: Chance;
  /** The share of the renditions made on request after whose put the process is killed. */
  readonly share: number;
}

/**
 * Kills (-9) the processes that make renditions on request when one of them has stored a rendition and
 * has not looked at the source again. Which of them it was cannot be seen on the wire, so all are killed.
 */
export class DeliverKiller {
  kills = 0;
  readonly #options: DeliverKillerOptions;

  constructor(options: DeliverKillerOptions) {
    this.#options = options;
  }

  readonly follow: Follow = ({ operation, path }, { headers }) => {
    const { fleet, chance, share } = this.#options;
    const isDelivery =
      operation === "PutObject" &&
      path.startsWith(`/${fleet.renditionBucket}/`) &&
      headers.authorization?.includes("Credential=deliver/") === true;
    if (!isDelivery || !chance.happens(share)) return undefined;
    return (status) => {
      if (status !== 200) return;
      for (const pid of fleet.processes().deliver) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // The process has already ended.
        }
      }
      this.kills += 1;
    };
  };
}

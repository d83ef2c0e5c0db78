import type { Call, Follow } from "@imagefleet/local/fault-proxy";
import type { Chance } from "../../model/chance.ts";

export interface CallKillerOptions {
  /** The processes that are killed. */
  readonly processes: () => readonly number[];
  /** After which calls. `signer`: the access key of the program that makes it */
  readonly after: (call: Call, signer: string | undefined) => boolean;
  readonly chance: Chance;
  /** The share of these calls. */
  readonly share: number;
}

/**
 * Kills (-9) the processes of a program when one of them has made a call, before it receives the answer.
 * Which of them it was cannot be seen on the wire, so all are killed.
 */
export class CallKiller {
  kills = 0;
  readonly #options: CallKillerOptions;

  constructor(options: CallKillerOptions) {
    this.#options = options;
  }

  readonly follow: Follow = (call, { headers }) => {
    const { processes, after, chance, share } = this.#options;
    const [, signer] = /Credential=([^/]+)/.exec(headers.authorization ?? "") ?? [];
    if (!after(call, signer) || !chance.happens(share)) return undefined;
    return (status) => {
      if (status !== 200) return;
      for (const pid of processes()) {
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

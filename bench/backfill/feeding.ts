import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { asEnvironment } from "@imagefleet/local/credentials";
import { CLI } from "../data.ts";
import type { Harness } from "./harness.ts";

/** A running backfill: `imagefleet reprocess` in a process of its own. */
export interface Feeding {
  readonly isRunning: () => boolean;
  /** Resolves when it has sent everything. */
  readonly done: Promise<void>;
  /** Interrupts it, and waits until the fleet has processed what was sent. */
  stop(): Promise<void>;
}

export async function startFeeding(
  { fleet, folder, keys }: Harness,
  maxDepth: "auto" | "0",
): Promise<Feeding> {
  const checkpoint = join(folder, "backfill.json");
  await rm(checkpoint, { force: true });
  const where = ["--endpoint", fleet.endpoint, "--data", folder, "--checkpoint", checkpoint];
  const how = ["--from", keys, "--force", "--yes", "--max-depth", maxDepth];
  const first = Promise.withResolvers<void>();
  fleet.onJob(({ key }) => {
    if (key?.startsWith("old/")) first.resolve();
  });
  const child = spawn(process.execPath, [CLI, "reprocess", ...how, ...where], {
    cwd: folder,
    env: asEnvironment(fleet.credentials),
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  const done = ended.then(([code]) => {
    if (code !== 0) throw new Error(`the backfill exited with ${code}`);
  });
  done.catch(() => undefined);
  await Promise.race([first.promise, done]);
  return {
    isRunning: () => child.exitCode === null && child.signalCode === null,
    done,
    async stop() {
      child.kill("SIGINT");
      await ended;
      await fleet.idle();
    },
  };
}

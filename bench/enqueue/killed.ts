import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseMessage } from "@imagefleet/core/intake";
import { BulkQueue } from "@imagefleet/core/queue";
import { CLI } from "../data.ts";
import { type Harness, numberOf } from "./harness.ts";

/** The result of a run that was killed and resumed. */
export interface Killed {
  readonly keys: number;
  /** The number of messages in the queue at each kill. */
  readonly kills: readonly number[];
  /** The number of messages in the queue at the end. */
  readonly messages: number;
  /** The number of keys without a message. */
  readonly missing: number;
}

const KILLS = 2;
const READ_MS = 20;
const POLLERS = 8;
/** Longer than receiving and deleting take, s. */
const LEASE_SECONDS = 600;

/**
 * Enqueues a file of keys with `imagefleet reprocess`, kills it with SIGKILL at random points, resumes
 * it each time, and counts the messages in the queue.
 *
 * @param random in [0, 1)
 * @throws Error when a run ends before it is killed, or the last one fails
 */
export async function killTwice(
  harness: Harness,
  keys: number,
  { random, signal }: { random: () => number; signal: AbortSignal },
): Promise<Killed> {
  const file = await harness.keys(keys);
  const { folder } = harness;
  const { endpoint } = harness.aws;
  const checkpoint = join(folder, "killed.json");
  await rm(checkpoint, { force: true });
  await harness.empty();
  const queue = new BulkQueue(harness.sqs, harness.resources.lanes.small.url);
  const where = ["--endpoint", endpoint, "--data", folder, "--checkpoint", checkpoint];
  const start = (...how: string[]) =>
    spawn(process.execPath, [CLI, "reprocess", ...how, "--max-depth", "0", ...where], {
      cwd: folder,
      stdio: "ignore",
      signal,
    });
  const targets = Array.from({ length: KILLS }, () => Math.floor(random() * keys * 0.95));
  const kills: number[] = [];
  let child = start("--from", file, "--yes");
  for (const target of targets.sort((a, b) => a - b)) {
    const ended = once(child, "exit");
    let waiting = 0;
    while (waiting <= Math.max(target, kills.at(-1) ?? 0)) {
      if (child.exitCode !== null)
        throw new Error(`the run exited with ${child.exitCode} before it was killed`);
      await pause(READ_MS, undefined, { signal });
      ({ waiting } = await queue.counts());
    }
    child.kill("SIGKILL");
    await ended;
    kills.push((await queue.counts()).waiting);
    child = start("--resume");
  }
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the last run exited with ${code}`);
  return { keys, kills, ...(await countAll(queue, keys, signal)) };
}

async function countAll(queue: BulkQueue, keys: number, signal: AbortSignal) {
  const seen = new Uint8Array(keys);
  let messages = 0;
  const poll = async () => {
    for (;;) {
      signal.throwIfAborted();
      const some = await queue.receive({ leaseSeconds: LEASE_SECONDS, waitSeconds: 0 });
      if (some.length === 0) return;
      messages += some.length;
      for (const { body } of some) {
        const intake = parseMessage(body);
        for (const { key } of intake.kind === "jobs" ? intake.jobs : []) seen[numberOf(key)] = 1;
      }
      await queue.remove(some);
    }
  };
  await Promise.all(Array.from({ length: POLLERS }, poll));
  const found = seen.reduce((sum, one) => sum + one, 0);
  return { messages, missing: keys - found };
}

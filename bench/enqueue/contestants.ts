import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asEnvironment } from "@imagefleet/local/credentials";
import * as v from "valibot";
import { cpuOf } from "../measure/cpu.ts";
import { type Ran, runProgram } from "../measure/program.ts";
import type { Harness } from "./harness.ts";

const BARE = fileURLToPath(new URL("bare.ts", import.meta.url));
export const CLI = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

/** Requests on their way at once, as the command line has them. */
const AT_ONCE = 16;

/** Keys of one side put into the queue. */
export interface Turn {
  readonly keys: number;
  /** From the first key read to the last acknowledgement, s. */
  readonly seconds: number;
  /** CPU of the process, all of it, ms. */
  readonly cpuMs: number;
  readonly peakBytes: number;
  /** CPU of the servers meanwhile, ms. */
  readonly serverMs: number;
}

export type Send = (harness: Harness, file: string, signal: AbortSignal) => Promise<Turn>;

/** The SDK in a loop. */
export const bareTurn: Send = (harness, file, signal) => {
  const { endpoint, credentials, resources, folder } = harness;
  const { lanes, sourceBucket } = resources;
  const args = [endpoint, lanes.small.url, file, sourceBucket, String(AT_ONCE)];
  return measured(harness, () =>
    runProgram(BARE, args, { folder, signal, env: asEnvironment(credentials) }),
  );
};

/** `imagefleet reprocess`, held back by nothing. */
export const oursTurn: Send = async (harness, file, signal) => {
  const { endpoint, folder } = harness;
  const checkpoint = join(folder, "checkpoint.json");
  await rm(checkpoint, { force: true });
  const where = ["--endpoint", endpoint, "--data", folder, "--checkpoint", checkpoint];
  const how = ["--from", file, "--yes", "--max-depth", "0", "--json"];
  return measured(harness, () =>
    runProgram(CLI, ["reprocess", ...how, ...where], { folder, signal }),
  );
};

const saidSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ sent: v.number(), seconds: v.number() }),
);

async function measured(harness: Harness, run: () => Promise<Ran>): Promise<Turn> {
  await harness.empty();
  const before = await cpuOf([harness.awsPid]);
  const { code, stdout, stderr, cpuMs, peakBytes } = await run();
  if (code !== 0) throw new Error(`it ended with ${code}:\n${stderr}`);
  const serverMs = (await cpuOf([harness.awsPid])) - before;
  const { sent, seconds } = v.parse(saidSchema, stdout);
  return { keys: sent, seconds, cpuMs, peakBytes, serverMs };
}

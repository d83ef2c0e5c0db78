import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asEnvironment } from "@imagefleet/local/credentials";
import * as v from "valibot";
import { CLI } from "../data.ts";
import { cpuOf } from "../measure/cpu.ts";
import { type Ran, runProgram } from "../measure/program.ts";
import type { Harness } from "./harness.ts";

const BARE = fileURLToPath(new URL("bare.ts", import.meta.url));

/** Concurrent requests, as in the command line. */
const AT_ONCE = 16;

/** One run of a contestant. */
export interface Turn {
  readonly keys: number;
  /** From the first key read to the last acknowledgement, s. */
  readonly seconds: number;
  /** CPU time of the whole process, ms. */
  readonly cpuMs: number;
  readonly peakBytes: number;
  /** CPU time of the servers during the run, ms. */
  readonly serverMs: number;
}

export type Send = (harness: Harness, file: string, signal: AbortSignal) => Promise<Turn>;

/** A loop over the SDK. */
export const bareTurn: Send = (harness, file, signal) => {
  const { resources, folder } = harness;
  const { endpoint, credentials } = harness.aws;
  const { lanes, sourceBucket } = resources;
  const args = [endpoint, lanes.small.url, file, sourceBucket, String(AT_ONCE)];
  return measured(harness, () =>
    runProgram(BARE, args, { folder, signal, env: asEnvironment(credentials) }),
  );
};

/** `imagefleet reprocess` without a limit of waiting messages. */
export const oursTurn: Send = async (harness, file, signal) => {
  const { folder } = harness;
  const { endpoint } = harness.aws;
  const checkpoint = join(folder, "checkpoint.json");
  await rm(checkpoint, { force: true });
  const where = ["--endpoint", endpoint, "--data", folder, "--checkpoint", checkpoint];
  const how = ["--from", file, "--yes", "--max-depth", "0", "--json"];
  return measured(harness, () =>
    runProgram(CLI, ["reprocess", ...how, ...where], { folder, signal }),
  );
};

const printedSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ sent: v.number(), seconds: v.number() }),
);

async function measured(harness: Harness, run: () => Promise<Ran>): Promise<Turn> {
  await harness.empty();
  const before = await cpuOf([harness.aws.pid]);
  const { code, stdout, stderr, cpuMs, peakBytes } = await run();
  if (code !== 0) throw new Error(`the program exited with ${code}:\n${stderr}`);
  const serverMs = (await cpuOf([harness.aws.pid])) - before;
  const { sent, seconds } = v.parse(printedSchema, stdout);
  return { keys: sent, seconds, cpuMs, peakBytes, serverMs };
}

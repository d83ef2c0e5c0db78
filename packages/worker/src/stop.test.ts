import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { jobMessage } from "@imagefleet/core/intake";
import { Queue } from "@imagefleet/core/queue";
import { type JobLine, parseJobLine } from "@imagefleet/core/telemetry";
import { type Sandbox, startSandbox, workerEnvironmentIn } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stops } from "./fixtures/env.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const STOPS = stops();
const KEYS_A_STOP = 4;
const DRAIN_SECONDS = 1;
/** How long a stop may take beyond the drain time, as in main.ts, s. */
const ANSWER_SECONDS = 20;

let sandbox: Sandbox;
const jobs: JobLine[] = [];
let last: ChildProcess | undefined;

beforeAll(async () => {
  // The lease is longer than the test: a message that is not released is not received again.
  sandbox = await startSandbox({ small: 43_200, large: 43_200 });
});
afterAll(async () => {
  last?.kill("SIGKILL");
  await sandbox.close();
});

/** Starts a worker and waits until it is ready. Before that, a signal ends it like any process. */
async function start(): Promise<ChildProcess> {
  const worker = spawn(process.execPath, [MAIN], {
    env: {
      ...workerEnvironmentIn(sandbox),
      IMAGEFLEET_SCRATCH: join(sandbox.folder, "scratch"),
      IMAGEFLEET_LEASE_SECONDS: "21600",
      IMAGEFLEET_DRAIN_SECONDS: String(DRAIN_SECONDS),
      IMAGEFLEET_JOBS: "2",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  last = worker;
  const ready = Promise.withResolvers<void>();
  createInterface({ input: worker.stdout }).on("line", (line) => {
    if (line.includes('"msg":"ready"')) ready.resolve();
    const job = parseJobLine(line);
    if (job) jobs.push(job);
  });
  await ready.promise;
  return worker;
}

const count = (url: string) => new Queue(sandbox.sqs, url).counts();

async function stopped(worker: ChildProcess): Promise<number> {
  const from = performance.now();
  worker.kill("SIGTERM");
  // "exit" would be too early: some of its lines may not have been read.
  expect(await once(worker, "close")).toEqual([0, null]);
  return performance.now() - from;
}

it(
  `loses, repeats and hides no message when it is stopped, ${STOPS} times`,
  async () => {
    const { url, deadLetters } = sandbox.resources.lanes.large;
    const queue = new Queue(sandbox.sqs, url);
    const Bucket = sandbox.resources.sourceBucket;
    const noise = { type: "gaussian", mean: 128, sigma: 50 } as const;
    const create = { width: 900, height: 900, channels: 3, background: "#000", noise } as const;
    const Body = await sharp({ create }).png({ compressionLevel: 1 }).toBuffer();
    const keys: string[] = [];
    const took: number[] = [];
    let released = 0;
    for (let stop = 0; stop < STOPS; stop++) {
      for (let n = 0; n < KEYS_A_STOP; n++) {
        const key = `${stop}-${n}.png`;
        keys.push(key);
        await sandbox.s3.send(new PutObjectCommand({ Bucket, Key: key, Body }));
        await queue.send({
          body: jobMessage({ bucket: Bucket, key, mayHaveRun: false, force: false }),
        });
      }
      const worker = await start();
      await expect.poll(() => count(url), { timeout: 30_000 }).not.toMatchObject({ inFlight: 0 });
      // At a different moment each time.
      await setTimeout((stop * 137) % 1000);
      const before = jobs.length;
      took.push(await stopped(worker));
      const aborted = jobs.slice(before).filter(({ outcome }) => outcome === "failed").length;
      released += aborted;
      // A job that was aborted during a write stays hidden until the write cannot take effect, 15 s or more.
      expect((await count(url)).inFlight).toBeLessThanOrEqual(released);
    }
    const worker = await start();
    await expect
      .poll(() => count(url), { timeout: STOPS * 10_000 + 20_000, interval: 200 })
      .toEqual({ waiting: 0, inFlight: 0 });
    await stopped(worker);
    expect(await count(deadLetters)).toEqual({ waiting: 0, inFlight: 0 });
    const rendered = jobs.filter(({ outcome }) => outcome === "rendered").map(({ key }) => key);
    expect(rendered.toSorted()).toEqual(keys.toSorted());
    expect(Math.max(...took)).toBeLessThan((DRAIN_SECONDS + ANSWER_SECONDS) * 1000);
    const receives = Math.max(...jobs.map(({ receiveCount }) => receiveCount));
    process.stdout.write(
      `${STOPS} stops, at most ${Math.round(Math.max(...took))} ms; ${keys.length} jobs, each rendered once; ` +
        `${released} aborted; received at most ${receives} times\n`,
    );
  },
  STOPS * 20_000 + 60_000,
);

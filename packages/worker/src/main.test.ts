import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { jobMessage } from "@imagefleet/core/intake";
import { Queue } from "@imagefleet/core/queue";
import { type Sandbox, startSandbox, workerEnvironmentIn } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const CHECK = fileURLToPath(new URL("health/check.ts", import.meta.url));
const SLOW_RECIPE = new URL("fixtures/slow-recipe.ts", import.meta.url);
const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

let sandbox: Sandbox;
let queue: Queue;
let worker: ChildProcess;
let lines: Record<string, unknown>[];

beforeEach(async () => {
  // The lease is longer than the test: only a release makes a message visible in time.
  sandbox = await startSandbox({ small: 600, large: 600 });
  queue = new Queue(sandbox.sqs, sandbox.resources.lanes.large.url);
  lines = [];
});
afterEach(async () => {
  worker.kill("SIGKILL");
  await sandbox.close();
});

function start(more: Record<string, string> = {}): void {
  const { small } = sandbox.resources.lanes;
  worker = spawn(process.execPath, [MAIN], {
    env: {
      ...workerEnvironmentIn(sandbox),
      IMAGEFLEET_SMALL_QUEUE_URL: small.url,
      IMAGEFLEET_SMALL_DLQ_URL: small.deadLetters,
      IMAGEFLEET_SCRATCH: join(sandbox.folder, "scratch"),
      IMAGEFLEET_JOBS: "1",
      ...more,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Resolves with the next log line of the worker that has these fields. */
async function logged(fields: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  if (worker.stdout === null) throw new Error("no stdout");
  createInterface({ input: worker.stdout }).on("line", (text) => {
    const line: Record<string, unknown> = JSON.parse(text);
    lines.push(line);
    if (Object.entries(fields).every(([name, value]) => line[name] === value)) resolve(line);
  });
  return promise;
}

async function upload(key: string, side: number, lane = queue): Promise<void> {
  const noise = { type: "gaussian", mean: 128, sigma: 50 } as const;
  const create = { width: side, height: side, channels: 3, background: "#000", noise } as const;
  const Bucket = sandbox.resources.sourceBucket;
  const Body = await sharp({ create }).png({ compressionLevel: 1 }).toBuffer();
  await sandbox.s3.send(new PutObjectCommand({ Bucket, Key: key, Body }));
  await lane.send({
    body: jobMessage({ bucket: Bucket, key, mayHaveRun: false, force: false }),
  });
}

/** Runs the health check as a container does. @returns its exit code and its error output */
async function checked(...args: string[]): Promise<{ code: unknown; errors: string }> {
  const env = {
    IMAGEFLEET_SCRATCH: join(sandbox.folder, "scratch"),
    IMAGEFLEET_HEALTH_SECONDS: "1",
  };
  const check = spawn(process.execPath, [CHECK, ...args], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const errors: Buffer[] = [];
  check.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const [code] = await once(check, "close");
  return { code, errors: Buffer.concat(errors).toString() };
}

/** Resolves when the worker has started to download a source. */
async function mayHaveRun(): Promise<void> {
  const scratch = join(sandbox.folder, "scratch", String(worker.pid));
  for (;;) {
    const files = await readdir(scratch).catch(() => []);
    if (files.length > 0) return;
    await setImmediate();
  }
}

/** The CPU time of a process, s. */
function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const isSmall = (job: string) => job.startsWith("small ");

async function stored(): Promise<number> {
  const Bucket = sandbox.resources.renditionBucket;
  const { Contents: objects = [] } = await sandbox.s3.send(new ListObjectsV2Command({ Bucket }));
  return objects.length;
}

describe("the worker", () => {
  it("drains its lane, leaves no files, and exits with 0 on a signal", async () => {
    await upload("a.png", 300);
    start();
    await logged({ msg: "job", outcome: "rendered", lane: "large" });
    const scratch = join(sandbox.folder, "scratch", String(worker.pid));
    expect(await readdir(scratch)).toEqual([]);
    worker.kill("SIGTERM");
    expect(await once(worker, "exit")).toEqual([0, null]);
    expect(await queue.counts()).toEqual({ waiting: 0, inFlight: 0 });
  });

  it.each(["SIGTERM", "SIGINT"] as const)("finishes the jobs in flight on %s", async (signal) => {
    await upload("a.png", 2500);
    start();
    const done = logged({ msg: "job", outcome: "rendered" });
    await mayHaveRun();
    worker.kill(signal);
    await done;
    expect(await once(worker, "exit")).toEqual([0, null]);
    expect(await queue.counts()).toEqual({ waiting: 0, inFlight: 0 });
    expect(await stored()).toBeGreaterThan(1);
  });

  it("releases at once the messages that do not end within the drain time", async () => {
    await upload("a.png", 2500);
    start({ IMAGEFLEET_DRAIN_SECONDS: "0" });
    const failed = logged({ msg: "job", outcome: "failed", reason: "TimedOut" });
    await mayHaveRun();
    worker.kill("SIGTERM");
    await failed;
    expect(await once(worker, "exit")).toEqual([0, null]);
    expect(await queue.counts()).toEqual({ waiting: 1, inFlight: 0 });
  });

  it("does not wait for a step of an aborted job", async () => {
    await upload("a.png", 3000);
    start({ IMAGEFLEET_DRAIN_SECONDS: "0", IMAGEFLEET_RECIPE: SLOW_RECIPE.href });
    const failed = logged({ msg: "job", outcome: "failed", reason: "TimedOut" });
    await mayHaveRun();
    // The step itself takes a minute or more.
    await expect.poll(() => cpuSeconds(worker.pid), { timeout: 20_000 }).toBeGreaterThan(2);
    worker.kill("SIGTERM");
    await failed;
    expect(await once(worker, "exit")).toEqual([0, null]);
    expect(await queue.counts()).toEqual({ waiting: 1, inFlight: 0 });
  });

  it("exits at once on a second signal", async () => {
    await upload("a.png", 3000);
    start({ IMAGEFLEET_RECIPE: SLOW_RECIPE.href });
    const draining = logged({ msg: "draining" });
    await mayHaveRun();
    worker.kill("SIGINT");
    await draining;
    worker.kill("SIGINT");
    expect(await once(worker, "exit")).toEqual([130, null]);
  });

  it("drains both lanes, and forwards what is too large for the small one", async () => {
    const small = new Queue(sandbox.sqs, sandbox.resources.lanes.small.url);
    for (const key of ["1.png", "2.png", "3.png"]) await upload(key, 1200);
    await upload("small.png", 100, small);
    const Bucket = sandbox.resources.sourceBucket;
    const sized = { bucket: Bucket, key: "4.png", bytes: 2 ** 30, mayHaveRun: false, force: false };
    await upload("4.png", 100, small);
    await small.send({ body: jobMessage(sized) });
    start({ IMAGEFLEET_LANES: "small,large" });
    await logged({ msg: "job", lane: "large", key: "4.png" });
    worker.kill("SIGTERM");
    expect(await once(worker, "exit")).toEqual([0, null]);
    const jobs = lines.filter(({ msg }) => msg === "job");
    // Every upload is also an event in the small lane: neither lane waits for the other.
    const order = jobs.map(({ lane, key }) => `${lane} ${key}`);
    const [first = "", last = ""] = [order.find(isSmall), order.findLast(isSmall)];
    expect(order.indexOf(first)).toBeLessThan(order.indexOf("large 3.png"));
    expect(order.indexOf("large 1.png")).toBeLessThan(order.lastIndexOf(last));
    expect(jobs.find(({ outcome }) => outcome === "forwarded")).toMatchObject({ lane: "small" });
  });

  it("attempts suspects alone, after the fresh messages", async () => {
    for (const key of ["old-1.png", "old-2.png"]) await upload(key, 900);
    for (const message of await queue.receive({ max: 10, waitSeconds: 5 })) {
      await queue.changeVisibility(message, 0);
    }
    for (const key of ["new-1.png", "new-2.png"]) await upload(key, 900);
    start({ IMAGEFLEET_JOBS: "4" });
    const done = () => lines.filter(({ msg }) => msg === "job").length;
    await logged({ msg: "ready" });
    await expect.poll(done, { timeout: 20_000 }).toBe(4);
    const spans = lines
      .filter(({ msg }) => msg === "job")
      .map(({ key, time, ms }) => {
        const to = Date.parse(String(time));
        return { key: String(key), from: to - Number(ms), to };
      });
    for (const old of spans.filter(({ key }) => key.startsWith("old"))) {
      const beside = spans.filter((other) => other.from < old.to && old.from < other.to);
      // Times are whole ms: one job may end in the ms in which the next starts.
      const longer = beside.filter(
        (other) => Math.min(other.to, old.to) - Math.max(other.from, old.from) > 2,
      );
      expect(longer).toEqual([old]);
    }
    worker.kill("SIGTERM");
    expect(await once(worker, "exit")).toEqual([0, null]);
  });

  it("plans with the memory that ECS reports for its task, and logs it", async () => {
    const ecs = createServer((_request, response) => {
      response.end(JSON.stringify({ Limits: { CPU: 2, Memory: 1000 } }));
    });
    ecs.listen(0, "127.0.0.1");
    await once(ecs, "listening");
    const address = ecs.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    start({ ECS_CONTAINER_METADATA_URI_V4: `http://127.0.0.1:${address.port}/v4/1` });
    expect(await logged({ msg: "ready" })).toMatchObject({ memoryMib: 700, jobs: 1 });
    ecs.closeAllConnections();
    ecs.close();
    worker.kill("SIGTERM");
    expect(await once(worker, "exit")).toEqual([0, null]);
  });

  it("reports that it is healthy only while it is", async () => {
    expect(await checked()).toMatchObject({
      code: 1,
      errors: expect.stringContaining("not started"),
    });
    start({ IMAGEFLEET_HEALTH_SECONDS: "1" });
    await expect.poll(() => checked("ready"), { timeout: 20_000 }).toEqual({ code: 0, errors: "" });
    worker.kill("SIGSTOP");
    const hung = { code: 1, errors: expect.stringContaining("the worker has not reported for") };
    await expect.poll(() => checked(), { timeout: 20_000 }).toEqual(hung);
    worker.kill("SIGCONT");
    await expect.poll(() => checked(), { timeout: 20_000 }).toEqual({ code: 0, errors: "" });
    worker.kill("SIGTERM");
    expect(await once(worker, "exit")).toEqual([0, null]);
    expect(await checked()).toMatchObject({
      code: 1,
      errors: expect.stringContaining("has ended"),
    });
  });

  it("reports each invalid variable and its valid values when it cannot start", async () => {
    start({ IMAGEFLEET_JOBS: "many", IMAGEFLEET_LARGE_QUEUE_URL: "" });
    const errors: Buffer[] = [];
    worker.stderr?.on("data", (chunk: Buffer) => errors.push(chunk));
    const [code] = await once(worker, "close");
    expect(code).toBe(1);
    const text = Buffer.concat(errors).toString();
    expect(text).toContain('IMAGEFLEET_JOBS is "many": it must be a whole number from 1 to 64');
    expect(text).toContain('IMAGEFLEET_LARGE_QUEUE_URL is "": it must be a URL');
  });
});

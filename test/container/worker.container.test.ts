import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { Upload } from "@aws-sdk/lib-storage";
import { jobMessage } from "@imagefleet/core/intake";
import { manifestKey } from "@imagefleet/core/plan";
import { Queue } from "@imagefleet/core/queue";
import { RenditionStore } from "@imagefleet/core/store";
import { MAX_RECEIVES } from "@imagefleet/local/resources";
import { writeTiff } from "@imagefleet/local/samples";
import { type Sandbox, startSandbox, workerEnvironmentIn } from "@imagefleet/local/sandbox";
import recipe from "@imagefleet/workspace/recipe";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { prepareTaskCgroup } from "./task-cgroup.ts";
import { startTaskMetadata } from "./task-metadata.ts";
import { startWorkerContainer, type TaskSize, type WorkerContainer } from "./worker-container.ts";

const image = inject("workerImage");
const TASK: TaskSize = { memory: 2048, cpus: 2 };
const LEASE_SECONDS = 5;
const MINUTES = 60_000;
const MIB = 1024 * 1024;
const PRINT_RECIPE = fileURLToPath(new URL("print-recipe.ts", import.meta.url));

let sandbox: Sandbox;
let worker: WorkerContainer | undefined;
let folder: string;

beforeEach(async () => {
  sandbox = await startSandbox({ small: 60, large: LEASE_SECONDS });
  folder = await mkdtemp(join(tmpdir(), "imagefleet-container-"));
});
afterEach(async () => {
  await worker?.remove();
  worker = undefined;
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(
  size: TaskSize,
  more: Record<string, string> = {},
  recipeFile?: string,
): Promise<WorkerContainer> {
  worker = await startWorkerContainer(
    image,
    {
      ...workerEnvironmentIn(sandbox),
      IMAGEFLEET_JOBS: "1",
      IMAGEFLEET_LEASE_SECONDS: String(LEASE_SECONDS),
      ...more,
    },
    size,
    recipeFile,
  );
  return worker;
}

async function upload(key: string, path: string): Promise<void> {
  const Bucket = sandbox.resources.sourceBucket;
  const params = { Bucket, Key: key, Body: createReadStream(path) };
  await new Upload({ client: sandbox.s3, params, partSize: 64 * 1024 * 1024 }).done();
  const queue = new Queue(sandbox.sqs, sandbox.resources.lanes.large.url);
  await queue.send({
    body: jobMessage({ bucket: Bucket, key, mayHaveRun: false, force: false }),
  });
}

/** Progressive: all of its coefficients are in memory for any output size. */
async function progressive(name: string, width: number, height: number): Promise<string> {
  const noise = { type: "gaussian", mean: 128, sigma: 50 } as const;
  const create = { width: 1200, height: 900, channels: 3, background: "#000", noise } as const;
  const path = join(folder, name);
  await sharp({ create })
    .resize(width, height, { fit: "fill", kernel: "cubic" })
    .jpeg({ quality: 85, progressive: true })
    .toFile(path);
  return path;
}

/** 60 megapixels with alpha, for which encoders need 1.5 times the memory per px. */
async function translucent(name: string): Promise<string> {
  const noise = { type: "gaussian", mean: 128, sigma: 50 } as const;
  const create = { width: 50, height: 30, channels: 3, background: "#000", noise } as const;
  const alpha = await sharp({ create }).extractChannel(0).png().toBuffer();
  const small = await sharp({ create }).joinChannel(alpha).png().toBuffer();
  const path = join(folder, name);
  await sharp(small).resize(10_000, 6000).png({ compressionLevel: 1 }).toFile(path);
  return path;
}

/** 40000 x 30000 uncompressed RGB px: 3.6 GB. */
async function gigapixel(name: string): Promise<string> {
  const path = join(folder, name);
  const [width, height, rowsPerStrip] = [40_000, 30_000, 16];
  const strip = Buffer.alloc(width * rowsPerStrip * 3);
  const strips = function* () {
    for (let top = 0; top < height; top += rowsPerStrip) {
      strip.fill(top >> 7);
      yield strip.subarray(0, width * Math.min(rowsPerStrip, height - top) * 3);
    }
  };
  const compression = "none";
  await writeTiff(path, [
    { width, height, channels: 3, rowsPerStrip, compression, strips: strips() },
  ]);
  return path;
}

const waiting = (url: string) => new Queue(sandbox.sqs, url).counts();

async function manifestOf(key: string) {
  const store = new RenditionStore(sandbox.s3, sandbox.resources.renditionBucket);
  const stored = await store.manifest(manifestKey(recipe, key), AbortSignal.timeout(MINUTES));
  return stored?.manifest;
}

describe.skipIf(image === "")("the worker's image", () => {
  it("drains the large lane within a task's limits: 108 megapixels progressive, and 3.6 GB", {
    timeout: 10 * MINUTES,
  }, async () => {
    const { said, kill, exit } = await start(TASK);
    await upload("photo.jpg", await progressive("photo.jpg", 12_000, 9000));
    await said({ msg: "job", outcome: "rendered", key: "photo.jpg" });
    await upload("map.tif", await gigapixel("map.tif"));
    await said({ msg: "job", outcome: "rendered", key: "map.tif" });
    expect((await manifestOf("photo.jpg"))?.renditions.length).toBeGreaterThan(0);
    expect((await manifestOf("map.tif"))?.source).toMatchObject({ width: 40_000, height: 30_000 });
    await kill("SIGTERM");
    expect(await exit()).toEqual({ code: 0, outOfMemory: false });
    expect(await waiting(sandbox.resources.lanes.large.url)).toEqual({ waiting: 0, inFlight: 0 });
  });

  it("keeps within the memory of its task when the container itself has no limit", {
    timeout: 5 * MINUTES,
  }, async (test) => {
    const task = { CPU: 2, Memory: 4096 };
    const cgroup = await prepareTaskCgroup();
    const metadata = await startTaskMetadata(task);
    try {
      const { said, exit, run } = await start(
        { memory: { cgroup: cgroup.name }, cpus: task.CPU },
        { ECS_CONTAINER_METADATA_URI_V4: metadata.uri },
        PRINT_RECIPE,
      );
      await cgroup.limit(task.Memory * MIB);
      const sees = "Math.min(os.totalmem(), process.constrainedMemory() || Infinity)";
      expect(Number((await run(["node", "--print", sees])).output)).toBeGreaterThan(
        task.Memory * MIB,
      );

      await upload("poster.png", await translucent("poster.png"));
      const end = await Promise.race([said({ msg: "job" }), exit()]);
      expect(end).toMatchObject({ outcome: "rendered" });
      const { kills, peakBytes } = await cgroup.counted();
      await test.annotate(`the task's memory at its peak: ${Math.round(peakBytes / MIB)} MiB`);
      expect(kills).toBe(0);
      expect(await said({ msg: "ready" })).toMatchObject({
        memoryMib: Math.round(0.7 * task.Memory),
      });
      const renditions = (await manifestOf("poster.png"))?.renditions ?? [];
      expect(renditions.length).toBe(3);

      // The limit applies: a process that takes 5 GiB is killed and counted.
      const greedy = "for (const all = []; all.length < 20; ) all.push(Buffer.alloc(2 ** 28, 1))";
      expect((await run(["node", "--eval", greedy])).code).toBe(137);
      expect((await cgroup.counted()).kills).toBe(1);
    } finally {
      await worker?.remove();
      worker = undefined;
      await cgroup.remove();
      await metadata.close();
    }
  });

  it("is healthy while its loops run, and not when they stop", async () => {
    const { run, kill } = await start(TASK, { IMAGEFLEET_HEALTH_SECONDS: "1" });
    const check = async () => (await run(["node", "packages/worker/src/health/check.ts"])).code;
    await expect.poll(check).toBe(0);
    await kill("SIGSTOP");
    await expect.poll(check, { timeout: MINUTES }).toBe(1);
  });

  it("runs as its own user and can write only to its scratch folder", async () => {
    const { run } = await start(TASK);
    expect((await run(["id", "--user", "--name"])).output.trim()).toBe("node");
    expect((await run(["touch", "/app/x"])).code).not.toBe(0);
    expect((await run(["touch", "/tmp/x"])).code).not.toBe(0);
    expect((await run(["touch", "/scratch/x"])).code).toBe(0);
  });

  it("releases on SIGTERM the work that would not end in time, and exits with 0", {
    timeout: 2 * MINUTES,
  }, async () => {
    await upload("photo.jpg", await progressive("photo.jpg", 12_000, 9000));
    const { said, kill, exit } = await start(TASK, {
      IMAGEFLEET_DRAIN_SECONDS: "0",
      IMAGEFLEET_LEASE_SECONDS: "600",
    });
    const { large } = sandbox.resources.lanes;
    await expect
      .poll(() => waiting(large.url), { timeout: MINUTES })
      .toMatchObject({ inFlight: 1 });
    await kill("SIGTERM");
    await said({ msg: "job", outcome: "failed", reason: "TimedOut" });
    expect(await exit()).toEqual({ code: 0, outOfMemory: false });
    expect(await waiting(large.url)).toEqual({ waiting: 1, inFlight: 0 });
  });

  it("moves a message that always exceeds the memory to the dead-letter queue without a reason", {
    timeout: 5 * MINUTES,
  }, async () => {
    await upload("photo.jpg", await progressive("photo.jpg", 12_000, 9000));
    const { exit, restart } = await start({ memory: 256, cpus: 2 });
    const { large } = sandbox.resources.lanes;
    for (let kills = 1; kills <= MAX_RECEIVES; kills++) {
      expect(await exit()).toEqual({ code: 137, outOfMemory: true });
      await restart();
    }
    // SQS moves the message at the receive after the last.
    const moved = expect.poll(() => waiting(large.deadLetters), { timeout: MINUTES });
    await moved.toMatchObject({ waiting: 1 });
    const { Messages: [deadLetter] = [] } = await sandbox.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: large.deadLetters, MessageAttributeNames: ["All"] }),
    );
    expect(deadLetter?.Body).toContain("photo.jpg");
    expect(deadLetter?.MessageAttributes).toBeUndefined();
  });
});

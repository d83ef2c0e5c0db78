import { fileURLToPath } from "node:url";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { MAX_RECEIVES } from "@imagefleet/local/resources";
import sharp from "sharp";
import { describe, expect, inject, it } from "vitest";
import { prepareTaskCgroup } from "./task-cgroup.ts";
import { startTaskMetadata } from "./task-metadata.ts";
import { MINUTES, TASK, useWorkerSandbox } from "./worker-sandbox.ts";

const image = inject("workerImage");
const MIB = 1024 * 1024;
const PRINT_RECIPE = fileURLToPath(new URL("print-recipe.ts", import.meta.url));
const { start, upload, progressive, file, manifestOf, waiting, largeLane, sqs, removeWorker } =
  useWorkerSandbox(image);

/** 60 megapixels with alpha, for which encoders need 1.5 times the memory per px. */
async function translucent(name: string): Promise<string> {
  const noise = { type: "gaussian", mean: 128, sigma: 50 } as const;
  const create = { width: 50, height: 30, channels: 3, background: "#000", noise } as const;
  const alpha = await sharp({ create }).extractChannel(0).png().toBuffer();
  const small = await sharp({ create }).joinChannel(alpha).png().toBuffer();
  const path = file(name);
  await sharp(small).resize(10_000, 6000).png({ compressionLevel: 1 }).toFile(path);
  return path;
}

describe.skipIf(image === "")("the worker's image", () => {
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
      await removeWorker();
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
    await upload("photo.jpg", await progressive());
    const { said, kill, exit } = await start(TASK, {
      IMAGEFLEET_DRAIN_SECONDS: "0",
      IMAGEFLEET_LEASE_SECONDS: "600",
    });
    const large = largeLane();
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
    await upload("photo.jpg", await progressive());
    const { exit, restart } = await start({ memory: 256, cpus: 2 });
    const large = largeLane();
    for (let kills = 1; kills <= MAX_RECEIVES; kills++) {
      expect(await exit()).toEqual({ code: 137, outOfMemory: true });
      await restart();
    }
    // SQS moves the message at the receive after the last.
    const moved = expect.poll(() => waiting(large.deadLetters), { timeout: MINUTES });
    await moved.toMatchObject({ waiting: 1 });
    const { Messages: [deadLetter] = [] } = await sqs().send(
      new ReceiveMessageCommand({ QueueUrl: large.deadLetters, MessageAttributeNames: ["All"] }),
    );
    expect(deadLetter?.Body).toContain("photo.jpg");
    expect(deadLetter?.MessageAttributes).toBeUndefined();
  });
});

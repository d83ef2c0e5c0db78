import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { jobMessage } from "@imagefleet/core/intake";
import { FUNCTION_BYTES } from "@imagefleet/core/plan";
import { type JobLine, parseJobLine } from "@imagefleet/core/telemetry";
import { type EnvironmentExit, startFunction } from "@imagefleet/local/function";
import { limitMemory } from "@imagefleet/local/memory-limit";
import { environmentIn, type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";

import { worstBatch } from "./fixtures/worst-batch.ts";

const MIB = 1024 * 1024;
/** Three quarters of the function's memory. */
const BAR_BYTES = 1536 * MIB;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ small: 600, large: 600 });
});
afterAll(() => sandbox.close());

/** The peak resident memory of a process, bytes. */
function peakOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

it.runIf(process.platform === "linux")(
  "the worst batch of ten stays within the function's memory, which a cgroup limits",
  async (test) => {
    const { resources, s3 } = sandbox;
    const limited = limitMemory(FUNCTION_BYTES);
    const jobs: JobLine[] = [];
    const exits: EnvironmentExit[] = [];
    const fn = startFunction({
      name: "consume",
      handler: new URL("handler.ts", import.meta.url),
      exportName: "handler",
      // Without a cgroup the local runtime kills a process above the limit.
      memoryBytes: FUNCTION_BYTES,
      timeoutMs: 300_000,
      maximumConcurrency: 1,
      environment: environmentIn(sandbox),
      onLog: (line) => {
        const job = parseJobLine(line);
        if (job) jobs.push(job);
      },
      onExit: (exit) => void exits.push(exit),
      ...(limited && { launcher: limited.launcher }),
    });
    const sources = Object.entries(await worstBatch());
    const Bucket = resources.sourceBucket;
    const Records = [];
    const sent = { ApproximateReceiveCount: "1", SentTimestamp: "0" };
    for (const [Key, Body] of sources) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      const body = jobMessage({ bucket: Bucket, key: Key, mayHaveRun: false, force: false });
      const attributes = { ...sent, ApproximateFirstReceiveTimestamp: "0" };
      Records.push({
        messageId: Key,
        receiptHandle: Key,
        body,
        attributes,
        messageAttributes: {},
      });
    }
    const result = await fn.invoke({ Records });
    const peak = Math.max(...fn.pids().map(peakOf));
    await fn.stop();
    limited?.remove();
    const how = limited?.how ?? "the local runtime, because no cgroup can be created here";
    const text = `peak ${Math.round(peak / MIB)} MiB of ${FUNCTION_BYTES / MIB}, limited by ${how}, ${availableParallelism()} CPUs`;
    await test.annotate(text);
    process.stdout.write(`${text}\n`);

    expect(result).toMatchObject({ kind: "returned", payload: { batchItemFailures: [] } });
    // Each is rendered here: if one were forwarded, the batch would not be the worst.
    expect(jobs.map(({ key, outcome }) => [key, outcome]).sort()).toEqual(
      sources.map(([key]) => [key, "rendered"]).sort(),
    );
    expect(exits.map(({ why }) => why)).toEqual(["stopped"]);
    expect(peak).toBeLessThanOrEqual(BAR_BYTES);
  },
  120_000,
);

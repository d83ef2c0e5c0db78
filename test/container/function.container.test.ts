import { PutObjectCommand } from "@aws-sdk/client-s3";
import { jobMessage } from "@imagefleet/core/intake";
import { manifestKey } from "@imagefleet/core/plan";
import { RenditionStore } from "@imagefleet/core/store";
import { type JobLine, parseJobLine } from "@imagefleet/core/telemetry";
import { worstBatch } from "@imagefleet/lambda/consume/fixtures/worst-batch";
import { environmentIn, type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import recipe from "@imagefleet/workspace/recipe";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import {
  type FunctionContainer,
  type Starts,
  startFunctionContainer,
} from "./function-container.ts";

const artifact = inject("functionArtifact");
const MIB = 1024 * 1024;
/** More than in the cloud, because the processors are shared here. */
const TIMEOUT_MS = 300_000;

let sandbox: Sandbox;
let fn: FunctionContainer;
let jobs: JobLine[];
let said: string[];

beforeEach(async () => {
  if (artifact === undefined) return;
  sandbox = await startSandbox({ small: 720, large: 60 });
  [jobs, said] = [[], []];
  fn = await startFunctionContainer(artifact, environmentIn(sandbox), (line) => {
    said.push(line);
    const job = parseJobLine(line);
    if (job) jobs.push(job);
  });
});
afterEach(async () => {
  await fn?.remove();
  await sandbox?.close();
});

async function upload(Key: string, Body: Buffer): Promise<void> {
  const Bucket = sandbox.resources.sourceBucket;
  await sandbox.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
}

/** The event's record of a message. */
function record(key: string, bucket: string = sandbox.resources.sourceBucket) {
  return {
    messageId: key,
    receiptHandle: key,
    body: jobMessage({ bucket, key, mayHaveRun: false, force: false }),
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(Date.now()),
      ApproximateFirstReceiveTimestamp: String(Date.now()),
    },
    messageAttributes: {},
  };
}

async function renditionsOf(key: string): Promise<number> {
  const store = new RenditionStore(sandbox.s3, sandbox.resources.renditionBucket);
  const stored = await store.manifest(manifestKey(recipe, key), AbortSignal.timeout(TIMEOUT_MS));
  return stored?.manifest?.renditions.length ?? 0;
}

function median(starts: Starts, of: "ms" | "cpuMs"): number {
  const sorted = starts.map((start) => start[of]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

describe.skipIf(artifact === undefined)("the function's artifact, as Lambda would run it", () => {
  it("processes the worst batch of ten within its memory, and starts about as fast as its packages alone", {
    timeout: 2 * TIMEOUT_MS,
  }, async (test) => {
    const starts = await fn.starts();
    const sources = await worstBatch();
    for (const [key, body] of Object.entries(sources)) await upload(key, body);
    const began = performance.now();
    const Records = Object.keys(sources).map((key) => record(key));
    const answer = await fn.invoke({ Records }, TIMEOUT_MS);
    const seconds = (performance.now() - began) / 1000;

    const [cold, bare] = [median(starts.artifact, "ms"), median(starts.bare, "ms")];
    const cpu = median(starts.artifact, "cpuMs") / median(starts.bare, "cpuMs");
    const line = [
      `artifact ${mib(artifact?.zipBytes)} MiB zipped, ${mib(artifact?.unpackedBytes)} unpacked`,
      `import ${cold.toFixed(0)} ms, sharp with the SDK's clients alone ${bare.toFixed(0)}: ${(cold / bare).toFixed(2)} x, ${cpu.toFixed(2)} x in CPU`,
      `the batch ${seconds.toFixed(1)} s, all memory at its peak ${mib(await fn.peakBytes())} MiB`,
    ].join("; ");
    await test.annotate(line);
    process.stdout.write(`${line}\n`);

    expect(answer, said.join("\n")).toEqual({ batchItemFailures: [] });
    const rendered = Object.keys(sources).map((key) => [key, "rendered"]);
    expect(jobs.map(({ key, outcome }) => [key, outcome]).sort()).toEqual(rendered.sort());
    const atUpload = recipe.presets.filter(({ when }) => when !== "request").length;
    for (const key of Object.keys(sources)) {
      expect(await renditionsOf(key), key).toBe(atUpload);
    }
  });

  it("returns exactly the messages that must be retried", async () => {
    const create = { width: 900, height: 600, channels: 3, background: "#369" } as const;
    await upload("good.jpg", await sharp({ create }).jpeg().toBuffer());
    const Records = [record("good.jpg"), record("lost.jpg", "nobody-made-this-bucket")];
    const answer = await fn.invoke({ Records }, TIMEOUT_MS);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "lost.jpg" }] });
    expect(await renditionsOf("good.jpg")).toBeGreaterThan(0);
  });

  it("can write only to /tmp, and has no other files", async () => {
    expect(await fn.run(["touch", "/tmp/x"])).toBe(0);
    expect(await fn.run(["touch", "/var/task/x"])).not.toBe(0);
    expect(await fn.run(["ls", "/node_modules", "/var/node_modules"])).not.toBe(0);
  });
});

function mib(bytes: number | undefined): string {
  return ((bytes ?? Number.NaN) / MIB).toFixed(1);
}

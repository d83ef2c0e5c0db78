import { readFile } from "node:fs/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { type Job, jobMessage } from "@imagefleet/core/intake";
import { FUNCTION_BYTES } from "@imagefleet/core/plan";
import { parseJobLine } from "@imagefleet/core/telemetry";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { startFunction } from "@imagefleet/local/function";
import { environmentIn, type Sandbox } from "@imagefleet/local/sandbox";
import { cpuOf } from "../measure/cpu.ts";
import type { Counted } from "./account.ts";
import type { Work } from "./works.ts";

const BATCH = 10;
const TIMEOUT_MS = 600_000;

/** Unmeasured batches, which warm up the compiler. */
const WARM_UP = 2;

/**
 * Runs the shipped function on full batches of a workload's photos, and counts CPU time of its process,
 * its requests and its log.
 *
 * @throws Error for a photo that is not rendered
 */
export async function countWork(
  { name, recipe }: Work,
  photos: readonly string[],
  batches: number,
  sandbox: Sandbox,
): Promise<Counted> {
  const calls: Record<string, number> = {};
  await using proxy = await FaultProxy.start(sandbox.endpoint, ({ service, operation }) => {
    const call = `${service} ${operation}`;
    calls[call] = (calls[call] ?? 0) + 1;
    return undefined;
  });
  let [logBytes, rendered] = [0, 0];
  const fn = startFunction({
    name: "price",
    handler: new URL(import.meta.resolve("@imagefleet/lambda/consume/handler")),
    exportName: "handler",
    memoryBytes: FUNCTION_BYTES,
    timeoutMs: TIMEOUT_MS,
    maximumConcurrency: 1,
    environment: {
      ...environmentIn(sandbox),
      // As deployed: the log lines contain metrics.
      IMAGEFLEET_METRICS_NAMESPACE: "imagefleet/production",
      AWS_ENDPOINT_URL: proxy.endpoint,
      IMAGEFLEET_RECIPE: recipe.href,
    },
    onLog: (line) => {
      logBytes += Buffer.byteLength(line) + 1;
      if (parseJobLine(line)?.outcome === "rendered") rendered++;
    },
  });
  const doBatch = async (batch: number): Promise<void> => {
    const keys = await upload(sandbox, photos, `${name}/${batch}`);
    rendered = 0;
    const result = await fn.invoke({ Records: keys.map((key) => recordOf(sandbox, key)) });
    if (result.kind !== "returned" || rendered !== BATCH) {
      throw new Error(`${name}: ${rendered} of ${BATCH} photos were rendered (${result.kind})`);
    }
  };
  try {
    for (let batch = 0; batch < WARM_UP; batch++) await doBatch(batch);
    const before = await cpuOf(fn.pids());
    for (const call of Object.keys(calls)) delete calls[call];
    logBytes = 0;
    for (let batch = 0; batch < batches; batch++) await doBatch(WARM_UP + batch);
    const cpuSeconds = ((await cpuOf(fn.pids())) - before) / 1000;
    return { images: batches * BATCH, batches, cpuSeconds, calls: { ...calls }, logBytes };
  } finally {
    await fn.stop();
  }
}

/** Uploads bypass the proxy: they are not requests of the function. @returns the keys */
async function upload(
  { s3, resources }: Sandbox,
  photos: readonly string[],
  folder: string,
): Promise<string[]> {
  const keys = Array.from({ length: BATCH }, (_unused, at) => `${folder}/${at}.jpg`);
  for (const [at, Key] of keys.entries()) {
    const Body = await readFile(photos[at % photos.length] ?? "");
    await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key, Body }));
  }
  return keys;
}

/**
 * A record as the function receives it.
 *
 * @param more of its job
 */
export function recordOf(
  { resources }: Pick<Sandbox, "resources">,
  key: string,
  more: Partial<Job> = {},
) {
  // With its time, as an event of S3: without it, an earlier attempt may have left renditions.
  const at = Date.now();
  const job = { bucket: resources.sourceBucket, key, at, mayHaveRun: false, force: false };
  return {
    messageId: key,
    receiptHandle: key,
    body: jobMessage({ ...job, ...more }),
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(at),
      ApproximateFirstReceiveTimestamp: String(at),
    },
    messageAttributes: {},
  };
}

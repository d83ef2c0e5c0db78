import { PutObjectCommand } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { DEAD_LETTER_ATTRIBUTES, Queue } from "@imagefleet/core/queue";
import { type JobLine, parseJobLine } from "@imagefleet/core/telemetry";
import { type BatchReport, startEventSource } from "@imagefleet/local/event-source";
import { startFunction } from "@imagefleet/local/function";
import { environmentIn, type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";

/** The fixture ends the process at a source with this in its key. */
const POISON = "poison";
const MIB = 1024 * 1024;
const TIMEOUT_MS = 3_000;
/** AWS accepts none shorter than the function's timeout. This leaves time for a cold start, s. */
const VISIBILITY_SECONDS = 6;
/** Fewer than deployed, and enough for the receives that one poison message costs the others. */
const MAX_RECEIVES = 3;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({ small: VISIBILITY_SECONDS, large: 60 });
});
afterEach(() => sandbox.close());

async function permitReceives(count: number): Promise<void> {
  const { sqs, resources } = sandbox;
  const { url, arn } = resources.lanes.small;
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: `${arn}-dlq`,
    maxReceiveCount: count,
  });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { RedrivePolicy } }));
}

/** The number of messages in a queue, waiting and in flight. */
async function depth(url: string): Promise<number> {
  const { Attributes: counts } = await sandbox.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  );
  const waiting = Number(counts?.ApproximateNumberOfMessages);
  return waiting + Number(counts?.ApproximateNumberOfMessagesNotVisible);
}

it("renders nine sources although the tenth ends every process that opens it", async () => {
  const { region, resources, s3, sqs } = sandbox;
  const { small } = resources.lanes;
  await permitReceives(MAX_RECEIVES);
  const lane = new Queue(sqs, small.url);
  for (const testEvent of await lane.receive({ max: 10, waitSeconds: 5 })) {
    await lane.delete(testEvent);
  }
  const create = { width: 60, height: 40, channels: 3, background: "#369" } as const;
  const Body = await sharp({ create }).jpeg().toBuffer();
  const keys = Array.from({ length: 10 }, (_, at) => (at === 4 ? `${POISON}.jpg` : `${at}.jpg`));
  for (const Key of keys) {
    await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key, Body }));
  }

  const jobs: JobLine[] = [];
  const batches: BatchReport[] = [];
  const fn = startFunction({
    name: "consume",
    handler: new URL("fixtures/poisoned.ts", import.meta.url),
    exportName: "handler",
    memoryBytes: 2048 * MIB,
    timeoutMs: TIMEOUT_MS,
    maximumConcurrency: 1,
    environment: { ...environmentIn(sandbox), IMAGEFLEET_MAX_RECEIVES: String(MAX_RECEIVES) },
    onLog: (line) => {
      const job = parseJobLine(line);
      if (job) jobs.push(job);
    },
  });
  const faults: Error[] = [];
  const source = startEventSource({
    sqs,
    queueUrl: small.url,
    queueArn: small.arn,
    region,
    batchSize: 10,
    windowMs: 200,
    maximumConcurrency: 1,
    reportBatchItemFailures: true,
    fn,
    onBatch: (batch) => void batches.push(batch),
    onError: (error) => void faults.push(error),
  });
  await expect.poll(() => depth(small.url), { timeout: 100_000, interval: 200 }).toBe(0);
  await source.stop();
  await fn.stop();

  const deadLetters = new Queue(sqs, small.deadLetters);
  const [deadLetter, ...others] = await deadLetters.receive({ max: 10, waitSeconds: 5 });
  expect(others).toEqual([]);
  // SQS moved it without a reason, which is shown as `Crashed`.
  expect(deadLetter?.body).toContain(POISON);
  expect(deadLetter?.attributes[DEAD_LETTER_ATTRIBUTES.reason]).toBeUndefined();
  const healthy = keys.filter((key) => !key.includes(POISON));
  const ends = jobs.filter(({ outcome }) => outcome === "rendered");
  expect(new Set(ends.map(({ key }) => key))).toEqual(new Set(healthy));
  expect(Math.max(...ends.map(({ receiveCount }) => receiveCount))).toBeLessThanOrEqual(3);
  const crashes = batches.filter(({ result }) => result.kind === "crashed");
  // More on a slow machine, where it was released without an attempt.
  expect(crashes.length).toBeGreaterThanOrEqual(MAX_RECEIVES);
  expect(batches.length).toBeGreaterThan(crashes.length);
  // The event source deletes the messages that the function deleted, which SQS accepts.
  expect(faults).toEqual([]);
}, 120_000);

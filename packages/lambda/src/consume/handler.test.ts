import { PutObjectCommand } from "@aws-sdk/client-s3";
import { jobMessage } from "@imagefleet/core/intake";
import { Queue } from "@imagefleet/core/queue";
import { type JobLine, parseJobLine } from "@imagefleet/core/telemetry";
import { type BatchReport, startEventSource } from "@imagefleet/local/event-source";
import { startFunction } from "@imagefleet/local/function";
import { environmentIn, type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";

const MIB = 1024 * 1024;

let sandbox: Sandbox;
let closing: (() => Promise<void>)[];

beforeEach(async () => {
  sandbox = await startSandbox({ small: 60, large: 60 });
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  await sandbox.close();
});

/** Runs the real handler in its own process behind the real mapping, and resolves with what it reports. */
async function consumeUntil(enough: (batches: readonly BatchReport[]) => boolean) {
  const { region, resources, sqs } = sandbox;
  const { small } = resources.lanes;
  const jobs: JobLine[] = [];
  const batches: BatchReport[] = [];
  const done = Promise.withResolvers<void>();
  const fn = startFunction({
    name: "consume",
    handler: new URL("handler.ts", import.meta.url),
    exportName: "handler",
    memoryBytes: 2048 * MIB,
    timeoutMs: 30_000,
    maximumConcurrency: 2,
    environment: { ...environmentIn(sandbox), IMAGEFLEET_MAX_RECEIVES: "2" },
    onLog: (line) => {
      const job = parseJobLine(line);
      if (job) jobs.push(job);
    },
  });
  const source = startEventSource({
    sqs,
    queueUrl: small.url,
    queueArn: small.arn,
    region,
    batchSize: 10,
    windowMs: 0,
    maximumConcurrency: 1,
    reportBatchItemFailures: true,
    fn,
    onBatch: (batch) => {
      batches.push(batch);
      if (enough(batches)) done.resolve();
    },
    onError: done.reject,
  });
  closing.push(
    () => source.stop(),
    () => fn.stop(),
  );
  await done.promise;
  return { jobs, batches };
}

it("receives ten messages in a batch, and retries only the failed ones", async () => {
  const { s3, sqs, resources } = sandbox;
  const queue = new Queue(sqs, resources.lanes.small.url);
  // The first message is the test event of the bucket's notification.
  for (const message of await queue.receive({ max: 10, waitSeconds: 5 })) {
    await queue.delete(message);
  }
  const create = { width: 60, height: 40, channels: 3, background: "#369" } as const;
  const Body = await sharp({ create }).jpeg().toBuffer();
  for (let n = 0; n < 9; n++) {
    await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key: `${n}.jpg`, Body }));
  }
  const nowhere = { bucket: "no-such-bucket", key: "fails.jpg", mayHaveRun: false, force: false };
  await queue.send({ body: jobMessage(nowhere) });

  const { jobs, batches } = await consumeUntil((seen) => seen.length === 2);
  expect(batches.map(({ messageIds }) => messageIds.length)).toEqual([10, 1]);
  expect(batches[0]?.failures).toEqual(batches[1]?.messageIds);
  expect(batches[0]?.deleted).toHaveLength(9);
  const receives = jobs.map(({ key, receiveCount, outcome }) => [key, receiveCount, outcome]);
  expect(receives.sort()).toEqual([
    ...Array.from({ length: 9 }, (_, n) => [`${n}.jpg`, 1, "rendered"]),
    ["fails.jpg", 1, "failed"],
    ["fails.jpg", 2, "failed"],
  ]);
  // Its second receive was its last: it is in the dead-letter queue, with its reason.
  const deadLetters = new Queue(sqs, resources.lanes.small.deadLetters);
  expect(await deadLetters.receive({ max: 10, waitSeconds: 0 })).toMatchObject([
    { attributes: { Reason: "StoreUnavailable", ReceiveCount: "2", Key: "fails.jpg" } },
  ]);
});

it("uses the shipped recipe by default", async () => {
  const { s3, resources } = sandbox;
  const create = { width: 900, height: 600, channels: 3, background: "#369" } as const;
  const Body = await sharp({ create }).jpeg().toBuffer();
  await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key: "a.jpg", Body }));
  const { jobs } = await consumeUntil((seen) => seen.length > 0);
  expect(jobs).toMatchObject([{ key: "a.jpg", outcome: "rendered", lane: "small" }]);
});

import { randomFillSync } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { AttemptContext } from "@imagefleet/core/attempt";
import { jobMessage, parseMessage } from "@imagefleet/core/intake";
import { manifestKey } from "@imagefleet/core/plan";
import { Queue } from "@imagefleet/core/queue";
import { defineRecipe } from "@imagefleet/core/recipe";
import type { Semaphore } from "@imagefleet/core/reconcile";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { createLog } from "@imagefleet/core/telemetry";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workOnBatch } from "./batch.ts";
import type { Consume } from "./compose.ts";

const MIB = 1024 * 1024;
const PLENTY_MS = 60_000;
const never = new AbortController().signal;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ small: 60, large: 60 });
});
afterAll(() => sandbox.close());

function consume(more: Partial<AttemptContext> = {}): Consume {
  const { s3, sqs, resources } = sandbox;
  const { small, large } = resources.lanes;
  return {
    queue: new Queue(sqs, small.url),
    inFlight: 4,
    attempt: {
      lane: "small",
      reconcile: {
        recipe: defineRecipe({ presets: { thumb: "50x50" } }),
        sources: new SourceStore(s3),
        renditions: new RenditionStore(s3, resources.renditionBucket),
        memoryBytes: 512 * MIB,
        renderSemaphore: (work) => work(),
      },
      large: new Queue(sqs, large.url),
      deadLetters: new Queue(sqs, small.deadLetters),
      maxReceives: 5,
      sourceBuckets: [sandbox.resources.sourceBucket],
      leaseSeconds: 60,
      log: createLog("test", "silent"),
      now: Date.now,
      random: Math.random,
      ...more,
    },
  };
}

async function upload(key: string, body: Uint8Array): Promise<void> {
  const { s3, resources } = sandbox;
  await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key: key, Body: body }));
}

async function batch(max: number) {
  const queue = new Queue(sandbox.sqs, sandbox.resources.lanes.small.url);
  return queue.receive({ max, waitSeconds: 5 });
}

async function drained(): Promise<void> {
  const { queue } = consume();
  for (let some = await batch(10); some.length > 0; ) {
    for (const message of some) await queue.delete(message);
    some = await queue.receive({ max: 10, waitSeconds: 0 });
  }
}

describe("workOnBatch", () => {
  it("returns the messages to retry, and no others", async () => {
    await drained();
    const create = { width: 60, height: 40, channels: 3, background: "#369" } as const;
    const picture = await sharp({ create }).jpeg().toBuffer();
    for (let n = 0; n < 8; n++) await upload(`good-${n}.jpg`, picture);
    await upload("broken.jpg", picture.subarray(0, picture.length / 2));
    const bucket = "no-such-bucket";
    const { queue } = consume();
    await queue.send({
      body: jobMessage({ bucket, key: "a.jpg", mayHaveRun: false, force: false }),
    });

    const messages = await batch(10);
    expect(messages).toHaveLength(10);
    const sourceBuckets = [sandbox.resources.sourceBucket, bucket];
    const failed = await workOnBatch(messages, consume({ sourceBuckets }), () => PLENTY_MS);
    const bad = messages.find(({ body }) => body.includes(bucket));
    expect(failed).toEqual([bad?.id]);
  });

  it("releases at once the messages that it cannot start in time", async () => {
    await drained();
    await upload("late.jpg", Buffer.from("x"));
    const messages = await batch(10);
    let left = PLENTY_MS;
    const failed = await workOnBatch(messages, consume(), () => {
      const now = left;
      left = 4_000;
      return now;
    });
    expect(failed).toEqual(messages.map(({ id }) => id));
    // Visible again long before the visibility timeout of 60 s.
    expect(await batch(10)).toMatchObject([{ id: messages[0]?.id, receiveCount: 2 }]);
  });

  it("requeues a message that it cannot start at its last receive, as one that may have run", async () => {
    await drained();
    await upload("last.jpg", Buffer.from("x"));
    const messages = await batch(10);
    const twice = messages.map((message) => ({
      ...message,
      receiveCount: 5,
      traceHeader: "Root=1-0",
    }));
    let left = PLENTY_MS;
    const failed = await workOnBatch(twice, consume(), () => {
      const now = left;
      left = 4_000;
      return now;
    });
    // Otherwise SQS would move it to the dead-letter queue without need.
    expect(failed).toEqual([]);
    const [toRequeue, ...others] = await batch(10);
    expect(others).toEqual([]);
    expect(toRequeue).toMatchObject({ receiveCount: 1 });
    expect(parseMessage(toRequeue?.body ?? "")).toMatchObject({
      jobs: [{ key: "last.jpg", mayHaveRun: true, trace: "Root=1-0" }],
    });
  });

  it("answers in time while a step of the codec goes on", async () => {
    await drained();
    const raw = { width: 600, height: 600, channels: 3 } as const;
    const pixels = randomFillSync(Buffer.alloc(raw.width * raw.height * raw.channels));
    await upload("slow.png", await sharp(pixels, { raw }).png({ compressionLevel: 1 }).toBuffer());
    const sound = consume();
    const over = Promise.withResolvers<void>();
    let rendering = false;
    const recipe = defineRecipe({ presets: { slow: { format: "avif", effort: 4 } } });
    const renderSemaphore: Semaphore = async (work) => {
      rendering = true;
      try {
        return await work();
      } finally {
        rendering = false;
        over.resolve();
      }
    };
    const reconcile = { ...sound.attempt.reconcile, recipe, renderSemaphore };
    const [message] = await batch(10);
    if (message === undefined) throw new Error("no message was received");
    const endsAt = performance.now() + 1_500;
    const slow = { ...sound, attempt: { ...sound.attempt, reconcile } };
    const failed = await workOnBatch([message], slow, () => endsAt - performance.now());
    expect(failed).toEqual([message.id]);
    expect(rendering).toBe(true);
    await over.promise;
    // The aborted job has written nothing.
    const manifest = await reconcile.renditions.manifest(manifestKey(recipe, "slow.png"), never);
    expect(manifest).toBeUndefined();
  }, 90_000);
});

import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { AttemptContext } from "@imagefleet/core/attempt";
import { jobMessage, parseMessage } from "@imagefleet/core/intake";
import { anyAttributes, anyBody, NESTED } from "@imagefleet/core/intake/fixtures";
import { Queue, type ReceivedMessage } from "@imagefleet/core/queue";
import { defineRecipe } from "@imagefleet/core/recipe";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { createLog } from "@imagefleet/core/telemetry";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { workOnBatch } from "./batch.ts";

const never = new AbortController().signal;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ small: 60, large: 60 });
});
afterAll(() => sandbox.close());

function attemptContext(): AttemptContext {
  const { s3, sqs, resources } = sandbox;
  return {
    lane: "small",
    reconcile: {
      recipe: defineRecipe({ presets: { thumb: "5x5" } }),
      sources: new SourceStore(s3),
      renditions: new RenditionStore(s3, resources.renditionBucket),
      memoryBytes: 2 ** 29,
      renderSemaphore: (work) => work(),
    },
    large: new Queue(sqs, resources.lanes.large.url),
    deadLetters: new Queue(sqs, resources.lanes.small.deadLetters),
    maxReceives: 5,
    sourceBuckets: [resources.sourceBucket],
    leaseSeconds: 60,
    log: createLog("test", "silent"),
    now: Date.now,
    random: Math.random,
  };
}

/** Deletes every dead letter and returns their bodies. */
async function takenDeadLetters(): Promise<string[]> {
  const deadLetters = new Queue(sandbox.sqs, sandbox.resources.lanes.small.deadLetters);
  const bodies: string[] = [];
  for (;;) {
    const some = await deadLetters.receive({ leaseSeconds: 60, waitSeconds: 0 });
    if (some.length === 0) return bodies;
    bodies.push(...some.map(({ body }) => body));
    await deadLetters.deleteBatch(some);
  }
}

it("does the other messages of a batch, whatever one message is", async () => {
  const create = { width: 8, height: 8, channels: 3, background: "#369" } as const;
  const Body = await sharp({ create }).png().toBuffer();
  const { s3, sqs, resources } = sandbox;
  const Bucket = resources.sourceBucket;
  const attempt = attemptContext();
  const consume = { attempt, queue: new Queue(sqs, resources.lanes.small.url), inFlight: 4 };
  let count = 0;
  const odd = fc.record({
    body: anyBody,
    attributes: anyAttributes,
    receiveCount: fc.integer({ min: 1, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(odd, { minLength: 1, maxLength: 8 }), fc.nat(8), async (odds, at) => {
      const key = `healthy/${count++}.png`;
      await s3.send(new PutObjectCommand({ Bucket, Key: key, Body }));
      const now = Date.now();
      const asReceived = (
        message: Pick<ReceivedMessage, "body" | "attributes" | "receiveCount">,
        index: number,
      ) => ({
        id: `${index}`,
        receiptHandle: `${index}`,
        sentAt: now,
        firstReceivedAt: now,
        ...message,
      });
      const job = { bucket: Bucket, key, at: now, mayHaveRun: false, force: false };
      const healthy = { body: jobMessage(job), attributes: {}, receiveCount: 1 };
      const messages = odds.toSpliced(at, 0, healthy).map(asReceived);
      expect(await workOnBatch(messages, consume, () => 60_000)).toEqual([]);
      const stored = await attempt.reconcile.renditions.manifest(`manifests/${key}.json`, never);
      expect(stored?.manifest?.renditions).toHaveLength(1);
      // A message that is not ignored becomes a dead letter at once, unchanged.
      const owed = odds.filter(({ body }) => parseMessage(body).kind !== "ignored");
      expect((await takenDeadLetters()).sort()).toEqual(owed.map(({ body }) => body).sort());
    }),
    { numRuns: 25, examples: [[[{ body: NESTED, attributes: {}, receiveCount: 1 }], 0]] },
  );
}, 60_000);

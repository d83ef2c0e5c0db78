import { PutObjectCommand } from "@aws-sdk/client-s3";
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
import { InFlightMessage, type LaneWork } from "./in-flight-message.ts";

const never = new AbortController().signal;
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ small: 60, large: 60 });
});
afterAll(() => sandbox.close());

function lane(): LaneWork {
  const { s3, sqs, resources } = sandbox;
  const { large } = resources.lanes;
  const queue = new Queue(sqs, large.url);
  return {
    queue,
    attempt: {
      lane: "large",
      reconcile: {
        recipe: defineRecipe({ presets: { thumb: "5x5" } }),
        sources: new SourceStore(s3),
        renditions: new RenditionStore(s3, resources.renditionBucket),
        memoryBytes: 2 ** 29,
        renderSemaphore: (work) => work(),
      },
      large: queue,
      deadLetters: new Queue(sqs, large.deadLetters),
      maxReceives: 5,
      sourceBuckets: [resources.sourceBucket],
      leaseSeconds: 60,
      log: createLog("test", "silent"),
      now: Date.now,
      random: Math.random,
    },
  };
}

it("settles any message that SQS can contain, and does the message beside it", async () => {
  const create = { width: 8, height: 8, channels: 3, background: "#369" } as const;
  const Body = await sharp({ create }).png().toBuffer();
  const { s3, sqs, resources } = sandbox;
  const Bucket = resources.sourceBucket;
  const { large } = resources.lanes;
  const work = lane();
  const deadLetters = new Queue(sqs, large.deadLetters);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(anyBody, anyAttributes, fc.boolean(), async (body, attributes, back) => {
      const key = `other/${count++}.png`;
      await s3.send(new PutObjectCommand({ Bucket, Key: key, Body }));
      const job = { bucket: Bucket, key, at: Date.now(), mayHaveRun: false, force: false };
      await work.queue.send({ body: jobMessage(job) });
      const [other] = await work.queue.receive({ max: 1, waitSeconds: 5 });
      if (other === undefined) throw new Error("no message was received");
      const odd: ReceivedMessage = { ...other, id: "odd", body, attributes };
      // Its receipt handle is invalid: its settlement has no effect.
      const inFlight = [{ ...odd, receiptHandle: "odd" }, other].map(
        (message) => new InFlightMessage(work, message, 60),
      );
      const [first, second] = inFlight;
      await Promise.all([
        back ? first?.release() : first?.work(() => false),
        second?.work(() => false),
      ]);
      const { renditions } = work.attempt.reconcile;
      const stored = await renditions.manifest(`manifests/${key}.json`, never);
      expect(stored?.manifest?.renditions).toHaveLength(1);
      const found = await deadLetters.receive({ leaseSeconds: 60, waitSeconds: 0 });
      await deadLetters.deleteBatch(found);
      const isOwed = !back && parseMessage(body).kind !== "ignored";
      expect(found.map((deadLetter) => deadLetter.body)).toEqual(isOwed ? [body] : []);
    }),
    { numRuns: 30, examples: [[NESTED, {}, false]] },
  );
}, 60_000);

import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { AttemptContext } from "@imagefleet/core/attempt";
import { jobMessage } from "@imagefleet/core/intake";
import { Queue } from "@imagefleet/core/queue";
import { defineRecipe } from "@imagefleet/core/recipe";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { createLog } from "@imagefleet/core/telemetry";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workOnBatch } from "./batch.ts";
import type { Consume } from "./compose.ts";

const MIB = 1024 * 1024;
const PLENTY_MS = 60_000;

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
    inHand: 4,
    attempt: {
      lane: "small",
      reconcile: {
        lane: "small",
        recipe: defineRecipe({ presets: { thumb: "50x50" } }),
        sources: new SourceStore(s3),
        renditions: new RenditionStore(s3, resources.renditionBucket),
        memoryBytes: 512 * MIB,
        renderGate: (work) => work(),
      },
      large: new Queue(sqs, large.url),
      letters: new Queue(sqs, small.letters),
      maxReceives: 5,
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
    for (const message of some) await queue.acknowledge(message);
    some = await queue.receive({ max: 10, waitSeconds: 0 });
  }
}

describe("workOnBatch", () => {
  it("answers with the messages that must come back, and with no others", async () => {
    await drained();
    const create = { width: 60, height: 40, channels: 3, background: "#369" } as const;
    const picture = await sharp({ create }).jpeg().toBuffer();
    for (let n = 0; n < 8; n++) await upload(`good-${n}.jpg`, picture);
    await upload("broken.jpg", picture.subarray(0, picture.length / 2));
    const bucket = "no-such-bucket";
    const { queue } = consume();
    await queue.send(jobMessage({ bucket, key: "a.jpg", begun: false, force: false }));

    const messages = await batch(10);
    expect(messages).toHaveLength(10);
    const failed = await workOnBatch(messages, consume(), () => PLENTY_MS);
    const bad = messages.find(({ body }) => body.includes(bucket));
    expect(failed).toEqual([bad?.id]);
  });

  it("hands back at once what cannot be begun in time", async () => {
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
    // Visible again long before its visibility timeout of 60 s.
    expect(await batch(10)).toMatchObject([{ id: messages[0]?.id, receiveCount: 2 }]);
  });
});

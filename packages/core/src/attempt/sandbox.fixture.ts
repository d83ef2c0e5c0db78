import { PutObjectCommand } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { jobMessage } from "../intake/index.ts";
import { Queue, type ReceivedMessage } from "../queue/index.ts";
import { defineRecipe } from "../recipe/index.ts";
import { RenditionStore, SourceStore } from "../store/index.ts";
import { createLog } from "../telemetry/index.ts";
import type { AttemptContext } from "./attempt.ts";

export const MIB = 1024 * 1024;
export const never = new AbortController().signal;
const recipe = defineRecipe({
  source: { suffixes: [".jpg"] },
  presets: { thumb: "50x50" },
});

export let sandbox: Sandbox;
/** Where the source of the test that runs is. */
export let key: string;
let count = 0;

/** The tests of a file have a sandbox, and each of them a source of its own. */
export function inSandbox(): void {
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());
  beforeEach(() => setKey(`pictures/${count++}.jpg`));
}

/** From now on the test's source is there. */
export function setKey(name: string): void {
  key = name;
}

export function context(more: Partial<AttemptContext> = {}): AttemptContext {
  const { s3, sqs, resources } = sandbox;
  const { small, large } = resources.lanes;
  return {
    lane: "small",
    reconcile: {
      lane: "small",
      recipe,
      sources: new SourceStore(s3),
      renditions: new RenditionStore(s3, resources.renditionBucket),
      memoryBytes: 512 * MIB,
      renderGate: (work) => work(),
    },
    large: new Queue(sqs, large.url),
    letters: new Queue(sqs, small.letters),
    maxReceives: 5,
    sourceBuckets: [sandbox.resources.sourceBucket],
    leaseSeconds: 30,
    log: createLog("test", "silent"),
    now: () => 1_700_000_000_000,
    random: () => 0.5,
    ...more,
  };
}

/** A context whose renditions cannot be written: every job fails, and may be tried again. */
export function failing(more: Partial<AttemptContext> = {}): AttemptContext {
  const sound = context();
  const renditions = new RenditionStore(sandbox.s3, "no-such-bucket");
  return { ...sound, reconcile: { ...sound.reconcile, renditions }, ...more };
}

export function message(body: string, more: Partial<ReceivedMessage> = {}): ReceivedMessage {
  const now = Date.now();
  return {
    id: "m-1",
    receiptHandle: "h-1",
    body,
    attributes: {},
    receiveCount: 1,
    sentAt: now,
    firstReceivedAt: now,
    ...more,
  };
}

export function jobBody(more: { bytes?: number; at?: number } = {}): string {
  const bucket = sandbox.resources.sourceBucket;
  return jobMessage({ bucket, key, at: Date.now(), begun: false, force: false, ...more });
}

export async function upload(body: Uint8Array): Promise<void> {
  const { s3, resources } = sandbox;
  await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key: key, Body: body }));
}

export function picture(): Promise<Buffer> {
  const create = { width: 60, height: 40, channels: 3, background: "#369" } as const;
  return sharp({ create }).jpeg().toBuffer();
}

/** Takes every message of a queue away and gives bodies and text attributes. */
async function taken(url: string) {
  const messages = [];
  for (;;) {
    const { Messages: some = [] } = await sandbox.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["All"],
      }),
    );
    if (some.length === 0) return messages;
    for (const { Body: body = "", MessageAttributes: given = {} } of some) {
      const texts = Object.entries(given).map(([name, value]) => [name, value.StringValue]);
      messages.push({ body, attributes: Object.fromEntries(texts) });
    }
  }
}

export const letters = () => taken(sandbox.resources.lanes.small.letters);
export const forwarded = () => taken(sandbox.resources.lanes.large.url);

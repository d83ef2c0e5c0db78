import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { jobMessage } from "../intake/index.ts";
import { Queue, type ReceivedMessage } from "../queue/index.ts";
import { defineRecipe } from "../recipe/index.ts";
import {
  key,
  picture as pictureOf,
  context as reconcileContext,
  sandbox,
} from "../reconcile/sandbox.fixture.ts";
import { RenditionStore } from "../store/index.ts";
import { createLog } from "../telemetry/index.ts";
import {
  type AttemptContext,
  attempt as attemptRead,
  attemptTogether as attemptReadTogether,
  type Settlement,
} from "./attempt.ts";
import { readMessage } from "./source-group.ts";

export {
  inSandbox,
  key,
  MIB,
  never,
  sandbox,
  setKey,
  upload,
} from "../reconcile/sandbox.fixture.ts";

const recipe = defineRecipe({
  source: { suffixes: [".jpg"] },
  presets: { thumb: "50x50" },
});

export function context(more: Partial<AttemptContext> = {}): AttemptContext {
  const { sqs, resources } = sandbox;
  const { small, large } = resources.lanes;
  return {
    lane: "small",
    reconcile: reconcileContext({ recipe }),
    large: new Queue(sqs, large.url),
    deadLetters: new Queue(sqs, small.deadLetters),
    maxReceives: 5,
    sourceBuckets: [sandbox.resources.sourceBucket],
    leaseSeconds: 30,
    log: createLog("test", "silent"),
    now: () => 1_700_000_000_000,
    random: () => 0.5,
    ...more,
  };
}

/** A context in which no rendition can be written: every job fails and is retried. */
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

export function attempt(
  one: ReceivedMessage,
  given: AttemptContext,
  signal: AbortSignal,
): Promise<Settlement> {
  return attemptRead(readMessage(one, given), given, signal);
}

export function attemptTogether(
  some: readonly ReceivedMessage[],
  given: AttemptContext,
  signal: AbortSignal,
): Promise<Settlement[]> {
  return attemptReadTogether(
    some.map((one) => readMessage(one, given)),
    given,
    signal,
  );
}

export function jobBody(more: { bytes?: number; at?: number } = {}): string {
  const bucket = sandbox.resources.sourceBucket;
  return jobMessage({ bucket, key, at: Date.now(), mayHaveRun: false, force: false, ...more });
}

export const picture = () => pictureOf(60, 40);

/** Receives and hides every message of a queue, and returns their bodies and text attributes. */
export async function taken(url: string) {
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

export const deadLetters = () => taken(sandbox.resources.lanes.small.deadLetters);
export const forwarded = () => taken(sandbox.resources.lanes.large.url);

import { PutObjectCommand } from "@aws-sdk/client-s3";
import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Job, jobMessage, parseMessage } from "../intake/index.ts";
import { Queue, type ReceivedMessage } from "../queue/index.ts";
import { defineRecipe } from "../recipe/index.ts";
import { context as reconcileContext, remove } from "../reconcile/sandbox.fixture.ts";
import {
  attempt,
  attemptTogether,
  context,
  failing,
  inSandbox,
  key,
  MIB,
  message,
  never,
  picture,
  sandbox,
  taken,
  upload,
} from "./sandbox.fixture.ts";

inSandbox();

let url: string;
beforeAll(async () => {
  const { QueueUrl = "" } = await sandbox.sqs.send(
    new CreateQueueCommand({ QueueName: "invalidations" }),
  );
  url = QueueUrl;
});

const OTHER_RECIPE = defineRecipe({ source: { suffixes: [".jpg"] }, presets: { thumb: "40x40" } });

function withQueue() {
  return context({ invalidations: new Queue(sandbox.sqs, url) });
}

function body(more: Partial<Job> = {}): string {
  const bucket = sandbox.resources.sourceBucket;
  return jobMessage({ bucket, key, at: Date.now(), mayHaveRun: false, force: false, ...more });
}

/** Attempts a job. @returns the keys of the sources that caches should forget */
async function invalidatedBy(
  more: Partial<Job> = {},
  received: Partial<ReceivedMessage> = {},
  given = withQueue(),
): Promise<string[]> {
  const settlement = await attempt(message(body(more), received), given, never);
  expect(settlement).toEqual({ kind: "acknowledge" });
  return invalidated();
}

async function invalidated(): Promise<string[]> {
  return (await taken(url)).flatMap((sent) => {
    const intake = parseMessage(sent.body);
    return intake.kind === "jobs" ? intake.jobs.map((job) => job.key) : [sent.body];
  });
}

const bytes = (text: string) => Buffer.from(text);

describe("an invalidation is sent for", () => {
  it("nothing of a first upload, of the same content, of another recipe, or of an unchanged source", async () => {
    await upload(await picture());
    expect(await invalidatedBy()).toEqual([]);
    expect(await invalidatedBy()).toEqual([]);
    expect(await invalidatedBy({ force: true })).toEqual([]);
    const other = withQueue();
    const reconcile = { ...other.reconcile, recipe: OTHER_RECIPE };
    expect(await invalidatedBy({}, {}, { ...other, reconcile })).toEqual([]);
  });

  it("a content that was replaced, by a picture or by a file that is not one", async () => {
    await upload(await picture());
    await invalidatedBy();
    await upload(Buffer.concat([await picture(), bytes("\0")]));
    expect(await invalidatedBy()).toEqual([key]);
    await upload(bytes("no picture"));
    expect(await invalidatedBy()).toEqual([key]);
  });

  it("a source that was deleted, once, and nothing when it is uploaded again", async () => {
    await upload(await picture());
    await invalidatedBy();
    await remove();
    expect(await invalidatedBy()).toEqual([key]);
    expect(await invalidatedBy()).toEqual([]);
    await upload(await picture());
    expect(await invalidatedBy()).toEqual([]);
  });

  it("what an earlier attempt may have left, and what an unreadable manifest may have listed", async () => {
    await upload(await picture());
    expect(await invalidatedBy({}, { receiveCount: 2 })).toEqual([key]);
    const { renditionBucket: Bucket } = sandbox.resources;
    const Key = `manifests/${key}.json`;
    await sandbox.s3.send(new PutObjectCommand({ Bucket, Key, Body: "{" }));
    expect(await invalidatedBy()).toEqual([key]);
  });

  it("the content of a delivery that is not the current one, whether it is rendered or not", async () => {
    await upload(await picture());
    const check = [`thumb/${key}.webp`];
    const checkedEtags = ['"0123"'];
    expect(await invalidatedBy({ check, checkedEtags })).toEqual([key]);
    expect(await invalidatedBy({ check, checkedEtags })).toEqual([key]);
    const { renditions, sources } = reconcileContext();
    const current = await sources.etag(sandbox.resources.sourceBucket, key, never);
    expect(current).toBe(
      (await renditions.manifest(`manifests/${key}.json`, never))?.manifest?.source.etag,
    );
    expect(await invalidatedBy({ check, checkedEtags: [current ?? ""] })).toEqual([]);
  });
});

it("several messages about a source are one invalidation", async () => {
  await upload(await picture());
  await invalidatedBy();
  await remove();
  const two = [message(body(), { id: "m-1" }), message(body(), { id: "m-2" })];
  await attemptTogether(two, withQueue(), never);
  expect(await invalidated()).toEqual([key]);
});

it("a job whose invalidation cannot be sent is retried, and its next attempt sends it", async () => {
  await upload(await picture());
  await invalidatedBy();
  await remove();
  const nowhere = context({ invalidations: new Queue(sandbox.sqs, `${url}-that-is-not`) });
  expect(await attempt(message(body()), nowhere, never)).toMatchObject({ kind: "retry" });
  expect(await invalidatedBy({}, { receiveCount: 2 })).toEqual([key]);
});

it("neither a job that fails nor one that is forwarded is one: its next attempt is", async () => {
  await upload(await picture());
  const invalidations = new Queue(sandbox.sqs, url);
  const again = message(body(), { receiveCount: 2 });
  expect(await attempt(again, failing({ invalidations }), never)).toMatchObject({ kind: "retry" });
  await attempt(message(body({ bytes: 21 * MIB }), { receiveCount: 2 }), withQueue(), never);
  expect(await invalidated()).toEqual([]);
});

it("without a queue, caches are left alone", async () => {
  await upload(await picture());
  expect(await invalidatedBy({}, { receiveCount: 2 }, context())).toEqual([]);
});

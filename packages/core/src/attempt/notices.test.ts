import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { parseNotice } from "../intake/index.ts";
import { Queue } from "../queue/index.ts";
import { remove } from "../reconcile/sandbox.fixture.ts";
import type { AttemptContext } from "./attempt.ts";
import {
  attempt,
  context,
  deadLetters,
  failing,
  inSandbox,
  jobBody,
  key,
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
    new CreateQueueCommand({ QueueName: "notices" }),
  );
  url = QueueUrl;
});

const catalog = () => new Queue(sandbox.sqs, url);
const nowhere = () => new Queue(sandbox.sqs, `${url}-that-does-not-exist`);

/** Attempts a job. @returns whether its message is acknowledged */
async function acknowledges(given: AttemptContext, receiveCount = 1): Promise<boolean> {
  const { kind } = await attempt(message(jobBody(), { receiveCount }), given, never);
  return kind === "acknowledge";
}

const notices = async () => (await taken(url)).map(({ body }) => parseNotice(body));

describe("a notice is sent of", () => {
  it("a source that is unchanged, and one that was removed, but not of a commit", async () => {
    await upload(await picture());
    expect(await acknowledges(context({ catalog: catalog() }))).toBe(true);
    expect(await notices()).toEqual([]);
    expect(await acknowledges(context({ catalog: catalog() }))).toBe(true);
    await remove();
    expect(await acknowledges(context({ catalog: catalog() }))).toBe(true);
    const bucket = sandbox.resources.sourceBucket;
    expect(await notices()).toMatchObject([
      { bucket, key },
      { bucket, key },
    ]);
  });

  it("a failure at the last receive, with its reason, before its dead letter", async () => {
    await upload(await picture());
    const given = failing({ catalog: catalog() });
    expect(await acknowledges(given, 4)).toBe(false);
    expect(await notices()).toEqual([]);
    expect(await acknowledges(given, 5)).toBe(true);
    expect(await notices()).toMatchObject([{ key, failed: { reason: "StoreUnavailable" } }]);
    expect(await deadLetters()).toHaveLength(1);
  });
});

it("a job of which no notice can be sent is retried, and has no dead letter", async () => {
  await upload(await picture());
  expect(await acknowledges(failing({ catalog: nowhere() }), 5)).toBe(false);
  expect(await deadLetters()).toEqual([]);
  await acknowledges(context());
  expect(await acknowledges(context({ catalog: nowhere() }))).toBe(false);
});

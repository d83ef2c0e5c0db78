import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  bytesOf,
  type Content,
  manifestKey,
  onRequestKeys,
  type Rgb,
  renditionKeys,
} from "../sources/index.ts";
import { check } from "./check.ts";
import { DeadLetters } from "./dead-letters.ts";
import { ExpectedState } from "./expected-state.ts";
import { look } from "./take.ts";

const KEY = "deep/ü +%.png";
const content: Content = { kind: "picture", side: 6, color: [51, 204, 0], format: "jpeg" };

let sandbox: Sandbox;
let deadLetters: DeadLetters;
const expected = new ExpectedState();
beforeAll(async () => {
  sandbox = await startSandbox();
  deadLetters = new DeadLetters(sandbox.sqs, sandbox.resources.lanes);
  const source = await put(sandbox.resources.sourceBucket, KEY, await bytesOf(content));
  expected.put(KEY, content, source);
  const renditions = renditionKeys(KEY, content).map(async (key) => {
    return { key, etag: await paint(key, content.color), width: 6, height: 6 };
  });
  const manifest = {
    source: { etag: source },
    renditions: await Promise.all(renditions),
    onRequest: onRequestKeys(KEY, content).map((key) => ({ key, width: 6, height: 6 })),
  };
  await put(renditionBucket(), manifestKey(KEY), Buffer.from(JSON.stringify(manifest)));
});
afterAll(() => sandbox.close());

const renditionBucket = () => sandbox.resources.renditionBucket;

async function put(Bucket: string, Key: string, Body: Buffer): Promise<string> {
  const { ETag = "" } = await sandbox.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  return ETag;
}

async function paint(key: string, color: Rgb): Promise<string> {
  const format = key.endsWith(".png") ? "png" : "jpeg";
  return put(renditionBucket(), key, await bytesOf({ ...content, color, format }));
}

async function seen() {
  const { s3 } = sandbox;
  const { sourceBucket } = sandbox.resources;
  const snapshot = await look({
    s3,
    sourceBucket,
    renditionBucket: renditionBucket(),
    deadLetters,
  });
  return check(expected, snapshot);
}

it("reads a valid state, and finds its later violations", async () => {
  expect(await seen()).toEqual({ violations: [], owed: [] });

  await paint("thumb/stranger.png", [0, 0, 0]);
  expect((await seen()).violations).toMatchObject([{ kind: "orphan", key: "thumb/stranger.png" }]);
  await sandbox.s3.send(
    new DeleteObjectCommand({ Bucket: renditionBucket(), Key: "thumb/stranger.png" }),
  );

  const [hero = ""] = renditionKeys(KEY, content);
  await paint(hero, [51, 153, 0]);
  expect((await seen()).violations).toMatchObject([{ kind: "stale", key: KEY }]);
  await paint(hero, content.color);
  expect((await seen()).violations).toEqual([]);

  const [late = ""] = onRequestKeys(KEY, content);
  await paint(late, [51, 153, 0]);
  expect((await seen()).violations).toMatchObject([{ kind: "stale", key: KEY }]);
  await paint(late, content.color);
  expect((await seen()).violations).toEqual([]);
});

it("reads dead letters without removing them, and redrives only owed ones", async () => {
  const { small, large } = sandbox.resources.lanes;
  const send = (QueueUrl: string, MessageBody: string, Reason?: string) =>
    sandbox.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody,
        ...(Reason && {
          MessageAttributes: { Reason: { DataType: "String", StringValue: Reason } },
        }),
      }),
    );
  const record = { s3: { object: { key: "deep/%C3%BC+%2B%25.png" } } };
  await send(small.deadLetters, JSON.stringify({ Records: [record] }), "StoreUnavailable");
  await send(small.deadLetters, JSON.stringify({ Records: [record] }), "SourceCorrupt");
  await send(large.deadLetters, JSON.stringify({ key: KEY }));
  const expected = [
    { lane: "large", reason: undefined, keys: [KEY] },
    { lane: "small", reason: "SourceCorrupt", keys: [KEY] },
    { lane: "small", reason: "StoreUnavailable", keys: [KEY] },
  ];
  const read = async () =>
    (await deadLetters.read()).sort((a, b) =>
      `${a.lane} ${a.reason}`.localeCompare(`${b.lane} ${b.reason}`),
    );
  expect(await read()).toMatchObject(expected);
  expect(await read()).toMatchObject(expected);
  expect(await deadLetters.redrive()).toBe(2);
  expect(await read()).toMatchObject([{ reason: "SourceCorrupt" }]);
  expect(
    await new DeadLetters(sandbox.sqs, {
      small: { url: "", deadLetters: small.url },
      large: { url: "", deadLetters: large.url },
    }).read(),
  ).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ lane: "small", reason: "StoreUnavailable", keys: [KEY] }),
      expect.objectContaining({ lane: "large", reason: undefined, keys: [KEY] }),
    ]),
  );
});

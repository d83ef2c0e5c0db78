import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesOf, type Content, manifestKey, type Rgb, renditionKeys } from "../sources/index.ts";
import { check } from "./check.ts";
import { Letters } from "./letters.ts";
import { look } from "./look.ts";
import { Truth } from "./truth.ts";

const KEY = "deep/ü +%.png";
const content: Content = { kind: "picture", side: 6, colour: [51, 204, 0], format: "jpeg" };

let sandbox: Sandbox;
let letters: Letters;
const truth = new Truth();
beforeAll(async () => {
  sandbox = await startSandbox();
  letters = new Letters(sandbox.sqs, sandbox.resources.lanes);
  const source = await put(sandbox.resources.sourceBucket, KEY, await bytesOf(content));
  truth.put(KEY, content, source);
  const renditions = renditionKeys(KEY, content).map(async (key) => {
    return { key, etag: await paint(key, content.colour), width: 6, height: 6 };
  });
  const manifest = { source: { etag: source }, renditions: await Promise.all(renditions) };
  await put(renditionBucket(), manifestKey(KEY), Buffer.from(JSON.stringify(manifest)));
});
afterAll(() => sandbox.close());

const renditionBucket = () => sandbox.resources.renditionBucket;

async function put(Bucket: string, Key: string, Body: Buffer): Promise<string> {
  const { ETag = "" } = await sandbox.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  return ETag;
}

async function paint(key: string, colour: Rgb): Promise<string> {
  const format = key.endsWith(".png") ? "png" : "jpeg";
  return put(renditionBucket(), key, await bytesOf({ ...content, colour, format }));
}

async function seen() {
  const { s3 } = sandbox;
  const { sourceBucket } = sandbox.resources;
  const world = await look({ s3, sourceBucket, renditionBucket: renditionBucket(), letters });
  return check(truth, world);
}

it("sees a world that is right, and what is wrong in it", async () => {
  expect(await seen()).toEqual({ wrongs: [], owed: [] });

  await paint("thumb/stranger.png", [0, 0, 0]);
  expect((await seen()).wrongs).toMatchObject([{ kind: "orphan", key: "thumb/stranger.png" }]);
  await sandbox.s3.send(
    new DeleteObjectCommand({ Bucket: renditionBucket(), Key: "thumb/stranger.png" }),
  );

  const [hero = ""] = renditionKeys(KEY, content);
  await paint(hero, [51, 153, 0]);
  expect((await seen()).wrongs).toMatchObject([{ kind: "stale", key: KEY }]);
  await paint(hero, content.colour);
  expect((await seen()).wrongs).toEqual([]);
});

it("reads letters, takes none away, and redrives what is owed alone", async () => {
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
  await send(small.letters, JSON.stringify({ Records: [record] }), "StoreUnavailable");
  await send(small.letters, JSON.stringify({ Records: [record] }), "SourceCorrupt");
  await send(large.letters, JSON.stringify({ key: KEY }));
  const expected = [
    { lane: "large", reason: undefined, keys: [KEY] },
    { lane: "small", reason: "SourceCorrupt", keys: [KEY] },
    { lane: "small", reason: "StoreUnavailable", keys: [KEY] },
  ];
  const read = async () =>
    (await letters.read()).sort((a, b) =>
      `${a.lane} ${a.reason}`.localeCompare(`${b.lane} ${b.reason}`),
    );
  expect(await read()).toMatchObject(expected);
  expect(await read()).toMatchObject(expected);
  expect(await letters.redrive()).toBe(2);
  expect(await read()).toMatchObject([{ reason: "SourceCorrupt" }]);
  expect(
    await new Letters(sandbox.sqs, {
      small: { url: "", letters: small.url },
      large: { url: "", letters: large.url },
    }).read(),
  ).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ lane: "small", reason: "StoreUnavailable", keys: [KEY] }),
      expect.objectContaining({ lane: "large", reason: undefined, keys: [KEY] }),
    ]),
  );
});

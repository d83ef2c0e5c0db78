import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { afterEach, beforeEach, expect, it } from "vitest";
import { REGION } from "../resources/index.ts";
import { type Sandbox, startSandbox } from "../sandbox/index.ts";
import { type Fault, FaultProxy } from "./index.ts";

let sandbox: Sandbox;
let proxy: FaultProxy;
/** The faults of the next calls, in order; later calls have none. */
let fates: Fault[];
beforeEach(async () => {
  fates = [];
  sandbox = await startSandbox();
  proxy = await FaultProxy.start(sandbox.endpoint, () => fates.shift());
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await sandbox.close();
});

const client = () => ({
  region: REGION,
  endpoint: proxy.endpoint,
  credentials: sandbox.credentials,
});
const object = () => ({ Bucket: sandbox.resources.sourceBucket, Key: "a b/ü+.bin" });
const Body = Buffer.alloc(400_000, "content ");

it.each([
  "reset",
  "cutRequest",
  "lostAnswer",
  "InternalError",
  "SlowDown",
  "TooManyRequests",
] as const)("the SDK retries after %s, and the object is complete", async (kind) => {
  const s3 = createS3(client());
  fates.push({ kind });
  await s3.send(new PutObjectCommand({ ...object(), Body }));
  expect(proxy.calls).toBe(2);
  expect(proxy.injected()[kind]).toBe(1);
  const got = await s3.send(new GetObjectCommand(object()));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
});

it("a body that was cut off is not stored", async () => {
  const s3 = createS3(client());
  fates.push(...Array.from({ length: 5 }, () => ({ kind: "cutRequest" }) as const));
  await expect(s3.send(new PutObjectCommand({ ...object(), Body }))).rejects.toThrow();
  expect(proxy.injected().cutRequest).toBe(5);
  await expect(sandbox.s3.send(new HeadObjectCommand(object()))).rejects.toMatchObject({
    name: "NotFound",
  });
});

it("reading a response body that was cut short ends with an error", async () => {
  const s3 = createS3(client());
  await s3.send(new PutObjectCommand({ ...object(), Body }));
  fates.push({ kind: "cutResponse" });
  const { ContentLength, Body: body } = await s3.send(new GetObjectCommand(object()));
  expect(ContentLength).toBe(Body.length);
  await expect(body?.transformToByteArray()).rejects.toThrow("aborted");
});

it("a message whose response was lost is stored twice", async () => {
  const sqs = createSqs(client());
  const { url } = sandbox.resources.lanes.large;
  fates.push({ kind: "lostAnswer" });
  await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "once" }));
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
  );
  expect(Messages).toMatchObject([{ Body: "once" }, { Body: "once" }]);
});

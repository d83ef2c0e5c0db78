import { hash } from "node:crypto";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { signForm, signPart, signPut } from "@imagefleet/core/uploads";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createCatalog, REGION } from "../resources/index.ts";
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

/** The clients of the table and the topic, with the proxy in between. */
async function catalog() {
  const direct = { region: REGION, endpoint: sandbox.endpoint, credentials: sandbox.credentials };
  const { s3, sqs } = sandbox;
  const clients = { s3, sqs, dynamo: new DynamoDBClient(direct), sns: new SNSClient(direct) };
  const made = await createCatalog(clients, { visibility: 30, manifests: "manifests/" });
  return { ...made, dynamo: new DynamoDBClient(client()), sns: new SNSClient(client()) };
}

it.each([
  "reset",
  "cutRequest",
  "cutResponse",
  "lostAnswer",
  "InternalError",
  "SlowDown",
  "TooManyRequests",
] as const)("the SDK repeats calls of DynamoDB and SNS after %s", async (kind) => {
  const { table: TableName, topicArn: TopicArn, events, dynamo, sns } = await catalog();
  fates.push({ kind });
  await dynamo.send(new PutItemCommand({ TableName, Item: { pk: { S: "image/a" } } }));
  fates.push({ kind });
  const Key = { pk: { S: "image/a" } };
  expect((await dynamo.send(new GetItemCommand({ TableName, Key }))).Item).toEqual(Key);
  fates.push({ kind });
  await sns.send(new PublishCommand({ TopicArn, Message: "hello" }));
  expect(proxy.calls).toBe(6);
  expect(proxy.injected()[kind]).toBe(3);
  const { Messages = [] } = await sandbox.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: events, MaxNumberOfMessages: 10 }),
  );
  // Published before the answer was lost.
  const copies = kind === "lostAnswer" || kind === "cutResponse" ? 2 : 1;
  expect(Messages.map(({ Body: text }) => text)).toEqual(Array(copies).fill("hello"));
});

it("passes what a program has signed, for its own address only", async () => {
  const s3 = createS3(client());
  const { Bucket: bucket } = object();
  const upload = { bucket, key: "uploads/a b/ü+.png", contentType: "image/png", name: "a.png" };
  const bytes = Uint8Array.from(Body);

  const { url, fields } = await signForm(s3, upload, { least: 1, most: bytes.length });
  expect(url).toContain(proxy.endpoint);
  const sendForm = async (content: Uint8Array<ArrayBuffer>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob([content]));
    return (await fetch(url, { method: "POST", body: form })).status;
  };
  expect(await sendForm(Uint8Array.from([...bytes, 0]))).toBe(400);
  expect(await sendForm(bytes)).toBe(201);

  const sha256 = hash("sha256", Body, "base64");
  const other = { ...upload, key: "uploads/b.png" };
  const put = await signPut(s3, other, { bytes: bytes.length, sha256 });
  const { pathname, search } = new URL(put.url);
  const putTo = async (endpoint: string) => {
    const init = { method: "PUT", headers: put.headers, body: bytes };
    return (await fetch(endpoint + pathname + search, init)).status;
  };
  expect(await putTo(sandbox.endpoint)).toBe(403);
  expect(await putTo(proxy.endpoint)).toBe(200);
  expect(await putTo(proxy.endpoint)).toBe(412);

  const whole = { Bucket: bucket, Key: "uploads/c.png" };
  const { UploadId: uploadId = "" } = await s3.send(new CreateMultipartUploadCommand(whole));
  const part = { number: 1, bytes: bytes.length };
  const at = { bucket, key: whole.Key, uploadId, part };
  expect((await fetch(await signPart(s3, at), { method: "PUT", body: bytes })).status).toBe(200);
  const { Parts } = await s3.send(new ListPartsCommand({ ...whole, UploadId: uploadId }));
  expect(Parts).toMatchObject([{ PartNumber: 1, Size: bytes.length }]);
});

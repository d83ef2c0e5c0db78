import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { REBOUND, runInBrowser } from "./fixtures/browser.ts";
import { hasChromium } from "./fixtures/chromium.ts";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { startLocalAws } from "./server.ts";

/**
 * The requests of a page: with fetch, and with a form and an image, which need no CORS permission. Each
 * results in the text that was read, `sent` when nothing can be read, or `refused`.
 */
const ATTACK = `
  const attempts = {};
  const attempt = async (name, work) => {
    attempts[name] = await work().catch(() => "refused");
  };
  const ask = (path, init) => async () => {
    const answer = await fetch(target + path, init);
    return answer.ok ? "done: " + (await answer.text()) : "refused";
  };
  const queue = (action, body) => ask("/", {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS." + action },
    body: JSON.stringify(body),
  });
  const blind = (path, init) => async () => {
    await fetch(target + path, { mode: "no-cors", ...init });
    return "sent";
  };
  const form = new FormData();
  form.set("key", "by-form");
  form.set("file", new Blob(["evil"]), "evil.txt");
  const QueueUrl = "http://127.0.0.1:" + new URL(target).port + "/000000000000/q";

  await attempt("list buckets", ask("/"));
  await attempt("list", ask(bucket + "?list-type=2"));
  await attempt("get", ask(bucket + "secret"));
  await attempt("put", ask(bucket + "by-put", { method: "PUT", body: "evil" }));
  await attempt("overwrite", ask(bucket + "secret", { method: "PUT", body: "evil" }));
  await attempt("create a bucket", ask("/evil", { method: "PUT" }));
  await attempt("queues", queue("ListQueues", {}));
  await attempt("receive", queue("ReceiveMessage", { QueueUrl, VisibilityTimeout: 0 }));
  await attempt("send", queue("SendMessage", { QueueUrl, MessageBody: "evil" }));
  await attempt("form by fetch", ask(bucket, { method: "POST", body: form }));
  await attempt("blind form", blind(bucket, { method: "POST", body: form }));
  await attempt("blind topics", blind("/", {
    method: "POST",
    body: new URLSearchParams({ Action: "CreateTopic", Name: "evil" }),
  }));
  await attempt("real form", () => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.name = "hidden";
    document.body.append(frame);
    const real = document.body.appendChild(document.createElement("form"));
    Object.assign(real, { method: "post", action: target + bucket, target: "hidden", enctype: "multipart/form-data" });
    real.innerHTML = '<input name="success_action_status" value="201"><input name="key" value="by-real-form"><input type="file" name="file">';
    const files = new DataTransfer();
    files.items.add(new File(["evil"], "evil.txt"));
    real.lastChild.files = files.files;
    frame.onload = () => resolve("sent");
    real.submit();
  }));
  await attempt("picture", () => new Promise((resolve, reject) => {
    const picture = new Image();
    picture.onload = () => resolve("done: " + picture.naturalWidth);
    picture.onerror = reject;
    picture.src = target + bucket + "dot.gif";
  }));
  await attempt("purge", queue("PurgeQueue", { QueueUrl }));
  await attempt("delete", ask(bucket + "doomed", { method: "DELETE" }));
  return attempts;
`;

const DOT = Buffer.from("R0lGODlhAQABAIAAAAAAAAAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");

/** The data that the page tries to read or change, read with the owner's credentials. */
async function stateOf({ s3, sqs }: Clients, QueueUrl: string) {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "photos" }));
  const secret = await s3.send(new GetObjectCommand({ Bucket: "photos", Key: "secret" }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
  );
  return {
    buckets: Buckets.map(({ Name }) => Name),
    keys: Contents.map(({ Key }) => Key),
    secret: await secret.Body?.transformToString(),
    messages: Attributes?.["ApproximateNumberOfMessages"],
  };
}

test.skipIf(!hasChromium).each([
  ["of another origin", "127.0.0.1", "/photos/"],
  // The browser sees one origin and sends no preflight; only the Host header differs. Its first label is
  // a valid bucket.
  ["whose name was rebound to this machine", REBOUND, "/"],
])("a page %s can neither read nor change anything", async (_, name, bucket) => {
  const local = await startLocalAws({ port: 0, dataDir: await folder() });
  onTestFinished(() => local.close());
  const clients = clientsOf(local);
  const QueueUrl = await clients.createQueue("q");
  await clients.send(QueueUrl, "secret");
  await clients.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
  for (const [Key, Body] of [
    ["secret", "secret"],
    ["doomed", "secret"],
    ["dot.gif", DOT],
  ] as const) {
    await clients.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body }));
  }
  const before = await stateOf(clients, QueueUrl);

  const target = name === REBOUND ? "location.origin" : JSON.stringify(local.endpoint);
  const script = `const [target, bucket] = [${target}, "${bucket}"]; ${ATTACK}`;
  const attempts = await runInBrowser<Record<string, string>>(name, local.endpoint, script);

  const [blind, others] = [["blind form", "blind topics", "real form"], Object.keys(attempts)];
  expect(attempts).toEqual(
    Object.fromEntries(others.map((each) => [each, blind.includes(each) ? "sent" : "refused"])),
  );
  expect(others).toHaveLength(16);
  expect(await stateOf(clients, QueueUrl)).toEqual(before);
});

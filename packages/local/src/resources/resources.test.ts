import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { PublishCommand } from "@aws-sdk/client-sns";
import { ChangeMessageVisibilityCommand } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { clientsOf } from "../aws/fixtures/clients.ts";
import { folder } from "../aws/fixtures/folder.ts";
import { startLocalAws } from "../aws/index.ts";
import { createCatalog, createResources, MAX_RECEIVES, RENDITION_BUCKET } from "./resources.ts";

async function createAll() {
  const local = await startLocalAws({ port: 0, dataDir: await folder() });
  onTestFinished(() => local.close());
  const clients = clientsOf(local);
  await createResources(clients.s3, clients.sqs, { small: 60, large: 60 });
  const create = () => createCatalog(clients, { visibility: 60, manifests: "out/manifests/" });
  return { ...clients, catalog: await create(), create };
}

type Receive = Awaited<ReturnType<typeof createAll>>["receive"];

/** The bodies of a queue's messages, parsed. */
const eventsIn = async (receive: Receive, url: string) =>
  (await receive(url)).map(({ Body = "" }) => JSON.parse(Body));

test("created again, the catalog's resources stay as they are", async () => {
  const { receive, catalog, create } = await createAll();
  expect(await create()).toEqual(catalog);
  // One of S3 for the configuration, which was set once.
  const events = await eventsIn(receive, catalog.queue.url);
  expect(events).toMatchObject([{ Event: "s3:TestEvent", Bucket: RENDITION_BUCKET }]);
});

test("a manifest that is written is in the catalog's queue, a rendition is not", async () => {
  const { s3, receive, catalog } = await createAll();
  await receive(catalog.queue.url);
  for (const Key of ["out/hero/a.webp", "out/manifests/a.jpg.json"]) {
    await s3.send(new PutObjectCommand({ Bucket: RENDITION_BUCKET, Key, Body: "{}" }));
  }
  expect(await eventsIn(receive, catalog.queue.url)).toMatchObject([
    { Records: [{ s3: { object: { key: "out/manifests/a.jpg.json" } } }] },
  ]);
});

test("what is published is in the developer's queue as it was published", async () => {
  const { sns, receive, catalog } = await createAll();
  const TopicArn = catalog.topicArn;
  await sns.send(new PublishCommand({ TopicArn, Message: '{"version":1}' }));
  expect(await eventsIn(receive, catalog.events)).toEqual([{ version: 1 }]);
});

test("a user's images are listed by the index", async () => {
  const { dynamo, catalog } = await createAll();
  const listed = { user: { S: "u" }, id: { S: "01J" }, status: { S: "ready" } };
  const Item = { pk: { S: "image/a" }, ...listed, renditions: { L: [] } };
  await dynamo.send(new PutItemCommand({ TableName: catalog.table, Item }));
  const { Items } = await dynamo.send(
    new QueryCommand({
      TableName: catalog.table,
      IndexName: "byUser",
      KeyConditionExpression: "#user = :user",
      ExpressionAttributeNames: { "#user": "user" },
      ExpressionAttributeValues: { ":user": { S: "u" } },
    }),
  );
  expect(Items).toEqual([{ pk: { S: "image/a" }, ...listed }]);
});

test("a message that the catalog cannot handle becomes a dead letter", async () => {
  const { sqs, receive, send, catalog } = await createAll();
  const { url, deadLetters } = catalog.queue;
  await receive(url);
  await send(url, "poison");
  for (let n = 0; n < MAX_RECEIVES; n++) {
    const [message] = await receive(url);
    const { ReceiptHandle } = message ?? {};
    await sqs.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 0 }),
    );
  }
  expect(await receive(url)).toEqual([]);
  expect(await receive(deadLetters)).toMatchObject([{ Body: "poison" }]);
});

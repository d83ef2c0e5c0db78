import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SNSClient } from "@aws-sdk/client-sns";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { createCatalog } from "@imagefleet/local/resources";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ItemReader, SeenVersions } from "./item-reader.ts";
import { itemsOf, Subscriber } from "./take.ts";

let sandbox: Sandbox;
let client: DynamoDBDocumentClient;
let catalog: Awaited<ReturnType<typeof createCatalog>>;
beforeAll(async () => {
  sandbox = await startSandbox();
  const { endpoint, region, credentials, s3, sqs } = sandbox;
  const options = { endpoint, region, credentials };
  const dynamo = new DynamoDBClient(options);
  const clients = { s3, sqs, dynamo, sns: new SNSClient(options) };
  catalog = await createCatalog(clients, { visibility: 30, manifests: "manifests/" });
  client = DynamoDBDocumentClient.from(dynamo);
});
afterAll(() => sandbox.close());

it("sees a version that goes back, and an item that is gone", () => {
  const seen = new SeenVersions();
  const keys = ["a", "b", "new"];
  seen.see(keys, [
    { key: "a", seq: 5 },
    { key: "b", seq: 0 },
  ]);
  seen.see(keys, [
    { key: "b", seq: 7 },
    { key: "a", seq: 5 },
    { key: "new", seq: 1 },
  ]);
  seen.see(["new"], [{ key: "new", seq: 1 }]);
  expect(seen.violations).toEqual([]);
  seen.see(keys, [
    { key: "a", seq: 4 },
    { key: "new", seq: 1 },
  ]);
  expect(seen.violations).toEqual([
    { kind: "seqBack", key: "a", why: "from 5 to 4" },
    { kind: "seqBack", key: "b", why: "the item is gone" },
  ]);
});

it("reads the items of a table again and again", async () => {
  const put = (seq: number) =>
    client.send(
      new PutCommand({
        TableName: catalog.table,
        Item: { pk: "image/a b.png", seq },
      }),
    );
  await client.send(new PutCommand({ TableName: catalog.table, Item: { pk: "limit/alice/1" } }));
  await put(5);
  expect(await itemsOf(client, catalog.table)).toEqual([{ pk: "image/a b.png", seq: 5 }]);
  const reader = new ItemReader(client, catalog.table, () => ["a b.png", "a b.png", "none.png"]);
  await expect.poll(() => reader.reads).toBeGreaterThan(1);
  await put(4);
  await expect.poll(() => reader.seen.violations).toMatchObject([{ key: "a b.png" }]);
  await reader.stop();
});

it("takes what a subscriber got", async () => {
  const subscriber = new Subscriber(sandbox.sqs, catalog.events);
  const send = async (id: string) => {
    const MessageBody = JSON.stringify({ id, type: "image.ready", key: "a.png" });
    await sandbox.sqs.send(new SendMessageCommand({ QueueUrl: catalog.events, MessageBody }));
  };
  for (let nth = 0; nth < 12; nth++) await send(`id ${nth}`);
  expect(await subscriber.read()).toHaveLength(12);
  await send("id 0");
  expect(await subscriber.read()).toHaveLength(13);
});

import { randomBytes } from "node:crypto";
import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetBucketNotificationConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand, PublishCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
} from "@aws-sdk/client-sqs";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { spawnLocalAws } from "./spawn.ts";

const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

const ends = {
  "a close": (local: { pid: number; close(): Promise<void> }) => local.close(),
  "kill -9": async (local: { pid: number; close(): Promise<void> }) => {
    process.kill(local.pid, "SIGKILL");
    await local.close();
  },
};

describe.each(Object.entries(ends))("after %s", (_, end) => {
  /** Runs `before` on a server, ends it as the case specifies, and runs `after` on the next server. */
  async function across<T>(
    before: (clients: Clients) => Promise<T>,
    after: (clients: Clients, kept: T) => Promise<void>,
  ): Promise<void> {
    const dataDir = await folder();
    const first = await spawnLocalAws({ port: 0, dataDir });
    const kept = await before(clientsOf(first)).finally(() => end(first));
    const second = await spawnLocalAws({ port: 0, dataDir });
    onTestFinished(() => second.close());
    await after(clientsOf(second), kept);
  }

  test("objects are complete", async () => {
    const Body = randomBytes(3_000_000);
    await across(
      async ({ s3 }) => {
        await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
        const put = { Bucket: "bucket", Key: "k", Body, ContentType: "image/png" };
        await s3.send(new PutObjectCommand(put));
      },
      async ({ s3 }) => {
        const got = await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "k" }));
        const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
        expect([got.ContentType, bytes.equals(Body)]).toEqual(["image/png", true]);
      },
    );
  });

  test("a multipart upload can be continued", async () => {
    const at = { Bucket: "bucket", Key: "parts" };
    await across(
      async ({ s3 }) => {
        await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
        const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
        const part = { ...at, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * 1024 * 1024, "a") };
        const { ETag } = await s3.send(new UploadPartCommand(part));
        return { UploadId, ETag };
      },
      async ({ s3 }, { UploadId, ETag }) => {
        const part = { ...at, UploadId, PartNumber: 2, Body: "end" };
        const second = await s3.send(new UploadPartCommand(part));
        const Parts = [
          { PartNumber: 1, ETag },
          { PartNumber: 2, ETag: second.ETag },
        ];
        const MultipartUpload = { Parts };
        await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
        const got = await s3.send(new GetObjectCommand({ ...at, Range: "bytes=-5" }));
        expect(await got.Body?.transformToString()).toBe("aaend");
      },
    );
  });

  test("an archived object is still archived, and a restored one can be read", async () => {
    const cold = { Bucket: "bucket", Key: "cold" };
    const warm = { Bucket: "bucket", Key: "warm" };
    await across(
      async ({ s3 }) => {
        await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
        for (const at of [cold, warm]) {
          await s3.send(new PutObjectCommand({ ...at, Body: "x", StorageClass: "GLACIER" }));
        }
        await s3.send(new RestoreObjectCommand({ ...warm, RestoreRequest: { Days: 1 } }));
        return (await s3.send(new HeadObjectCommand(warm))).Restore;
      },
      async ({ s3 }, Restore) => {
        const archived = { name: "InvalidObjectState", StorageClass: "GLACIER" };
        await expect(s3.send(new GetObjectCommand(cold))).rejects.toMatchObject(archived);
        const got = await s3.send(new GetObjectCommand(warm));
        expect(await got.Body?.transformToString()).toBe("x");
        expect(got).toMatchObject({ StorageClass: "GLACIER", Restore });
      },
    );
  });

  test("notifications are still sent", async () => {
    const Events = ["s3:ObjectCreated:*" as const];
    await across(
      async ({ s3, createQueue }) => {
        await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
        await createQueue("q");
        const QueueConfigurations = [{ Id: "kept", QueueArn: arn("q"), Events }];
        const NotificationConfiguration = { QueueConfigurations };
        await s3.send(
          new PutBucketNotificationConfigurationCommand({
            Bucket: "bucket",
            NotificationConfiguration,
          }),
        );
      },
      async ({ s3, createQueue, receive }) => {
        const get = new GetBucketNotificationConfigurationCommand({ Bucket: "bucket" });
        expect((await s3.send(get)).QueueConfigurations).toMatchObject([{ Id: "kept", Events }]);
        await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: "x" }));
        const got = await receive(await createQueue("q"));
        expect(got.map(({ Body = "" }) => JSON.parse(Body))).toMatchObject([
          { Event: "s3:TestEvent" },
          { Records: [{ s3: { configurationId: "kept", object: { key: "k" } } }] },
        ]);
      },
    );
  });

  test("a queue has its attributes, and a URL at the new port", async () => {
    await across(
      async ({ createQueue }) => {
        await createQueue("dlq");
        const RedrivePolicy = JSON.stringify({
          deadLetterTargetArn: arn("dlq"),
          maxReceiveCount: 3,
        });
        return createQueue("q", { VisibilityTimeout: "77", RedrivePolicy });
      },
      async ({ sqs }, oldUrl) => {
        const { QueueUrl = "" } = await sqs.send(new GetQueueUrlCommand({ QueueName: "q" }));
        expect(QueueUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\/q$/);
        expect(QueueUrl).not.toBe(oldUrl);
        // The old URL is valid too.
        for (const url of [oldUrl, QueueUrl]) {
          const got = await sqs.send(
            new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
          );
          expect(got.Attributes).toMatchObject({ VisibilityTimeout: "77", QueueArn: arn("q") });
          expect(got.Attributes?.RedrivePolicy).toContain('"maxReceiveCount":3');
        }
      },
    );
  });

  test("a message in flight stays in flight, with the same receipt handle", async () => {
    await across(
      async ({ createQueue, send, receive }) => {
        const url = await createQueue("q");
        await send(url, "held");
        const [message] = await receive(url, { VisibilityTimeout: 60 });
        return message?.ReceiptHandle;
      },
      async ({ sqs, createQueue, receive }, ReceiptHandle) => {
        const QueueUrl = await createQueue("q");
        expect(await receive(QueueUrl)).toEqual([]);
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        const AttributeNames = ["ApproximateNumberOfMessagesNotVisible" as const];
        const got = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
        expect(got.Attributes?.ApproximateNumberOfMessagesNotVisible).toBe("0");
      },
    );
  });

  test("a message released with visibility 0 is visible, and its receives are counted", async () => {
    await across(
      async ({ sqs, createQueue, send, receive }) => {
        const QueueUrl = await createQueue("q");
        await send(QueueUrl, "back");
        const [message] = await receive(QueueUrl);
        const { ReceiptHandle } = message ?? {};
        const change = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
        await sqs.send(new ChangeMessageVisibilityCommand(change));
        return message?.Attributes?.ApproximateFirstReceiveTimestamp;
      },
      async ({ createQueue, receive }, ApproximateFirstReceiveTimestamp) => {
        const [message] = await receive(await createQueue("q"));
        expect(message).toMatchObject({
          Body: "back",
          Attributes: { ApproximateReceiveCount: "2", ApproximateFirstReceiveTimestamp },
        });
      },
    );
  });

  test("a dead letter is only in the dead-letter queue", async () => {
    const redrive = {
      VisibilityTimeout: "0",
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("dlq"), maxReceiveCount: 1 }),
    };
    await across(
      async ({ createQueue, send, receive }) => {
        await createQueue("dlq");
        const url = await createQueue("q", redrive);
        await send(url, "poison");
        expect([(await receive(url)).length, (await receive(url)).length]).toEqual([1, 0]);
      },
      async ({ createQueue, receive }) => {
        expect(await receive(await createQueue("q", redrive))).toEqual([]);
        const [deadLetter] = await receive(await createQueue("dlq"));
        expect(deadLetter).toMatchObject({
          Body: "poison",
          Attributes: { ApproximateReceiveCount: "2" },
        });
      },
    );
  });

  test("a delayed message is still delayed", async () => {
    await across(
      async ({ createQueue, send }) => send(await createQueue("q"), "later", 60),
      async ({ sqs, createQueue }) => {
        const AttributeNames = ["ApproximateNumberOfMessagesDelayed" as const];
        const described = { QueueUrl: await createQueue("q"), AttributeNames };
        const got = await sqs.send(new GetQueueAttributesCommand(described));
        expect(got.Attributes).toEqual({ ApproximateNumberOfMessagesDelayed: "1" });
      },
    );
  });

  test("a table has its items and its time to live", async () => {
    const TableName = "images";
    const Item = { pk: { S: "image/a" }, seq: { N: "5" } };
    await across(
      async ({ dynamo }) => {
        await dynamo.send(
          new CreateTableCommand({
            TableName,
            BillingMode: "PAY_PER_REQUEST",
            AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
            KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
          }),
        );
        await waitUntilTableExists({ client: dynamo, maxWaitTime: 9, minDelay: 1 }, { TableName });
        const TimeToLiveSpecification = { AttributeName: "expiresAt", Enabled: true };
        await dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
        await dynamo.send(new PutItemCommand({ TableName, Item }));
      },
      async ({ dynamo }) => {
        const got = await dynamo.send(new GetItemCommand({ TableName, Key: { pk: Item.pk } }));
        expect(got.Item).toEqual(Item);
        const described = await dynamo.send(new DescribeTimeToLiveCommand({ TableName }));
        expect(described.TimeToLiveDescription).toEqual({
          TimeToLiveStatus: "ENABLED",
          AttributeName: "expiresAt",
        });
      },
    );
  });

  test("a topic still delivers to its subscribers, by their policies", async () => {
    await across(
      async ({ sns, createQueue }) => {
        await createQueue("q");
        const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "events" }));
        const Attributes = { RawMessageDelivery: "true", FilterPolicy: '{"type":["image.ready"]}' };
        const subscription = { TopicArn, Protocol: "sqs", Endpoint: arn("q"), Attributes };
        await sns.send(new SubscribeCommand(subscription));
        return TopicArn;
      },
      async ({ sns, createQueue, receive }, TopicArn) => {
        for (const StringValue of ["image.failed", "image.ready"]) {
          const MessageAttributes = { type: { DataType: "String", StringValue } };
          const message = { TopicArn, Message: StringValue, MessageAttributes };
          await sns.send(new PublishCommand(message));
        }
        const got = await receive(await createQueue("q"));
        expect(got.map(({ Body }) => Body)).toEqual(["image.ready"]);
      },
    );
  });
});

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
import { expect, onTestFinished, test } from "vitest";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { spawnLocalAws } from "./spawn.ts";

const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

/** What is done on a server, and returns what is checked on the next one with its data. */
type Case = (clients: Clients) => Promise<(clients: Clients) => Promise<void>>;

const CASES: Readonly<Record<string, Case>> = {
  "objects are complete": async ({ s3 }) => {
    const Body = randomBytes(3_000_000);
    await s3.send(new CreateBucketCommand({ Bucket: "objects" }));
    const put = { Bucket: "objects", Key: "k", Body, ContentType: "image/png" };
    await s3.send(new PutObjectCommand(put));

    return async ({ s3 }) => {
      const got = await s3.send(new GetObjectCommand({ Bucket: "objects", Key: "k" }));
      const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
      expect([got.ContentType, bytes.equals(Body)]).toEqual(["image/png", true]);
    };
  },

  "a multipart upload can be continued": async ({ s3 }) => {
    const at = { Bucket: "multipart", Key: "parts" };
    await s3.send(new CreateBucketCommand({ Bucket: "multipart" }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    const part = { ...at, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * 1024 * 1024, "a") };
    const { ETag } = await s3.send(new UploadPartCommand(part));

    return async ({ s3 }) => {
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
    };
  },

  "an archived object is still archived, and a restored one can be read": async ({ s3 }) => {
    const cold = { Bucket: "archive", Key: "cold" };
    const warm = { Bucket: "archive", Key: "warm" };
    await s3.send(new CreateBucketCommand({ Bucket: "archive" }));
    for (const at of [cold, warm]) {
      await s3.send(new PutObjectCommand({ ...at, Body: "x", StorageClass: "GLACIER" }));
    }
    await s3.send(new RestoreObjectCommand({ ...warm, RestoreRequest: { Days: 1 } }));
    const Restore = (await s3.send(new HeadObjectCommand(warm))).Restore;

    return async ({ s3 }) => {
      const archived = { name: "InvalidObjectState", StorageClass: "GLACIER" };
      await expect(s3.send(new GetObjectCommand(cold))).rejects.toMatchObject(archived);
      const got = await s3.send(new GetObjectCommand(warm));
      expect(await got.Body?.transformToString()).toBe("x");
      expect(got).toMatchObject({ StorageClass: "GLACIER", Restore });
    };
  },

  "notifications are still sent": async ({ s3, createQueue }) => {
    const Events = ["s3:ObjectCreated:*" as const];
    await s3.send(new CreateBucketCommand({ Bucket: "notifying" }));
    await createQueue("notified");
    const QueueConfigurations = [{ Id: "kept", QueueArn: arn("notified"), Events }];
    const NotificationConfiguration = { QueueConfigurations };
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: "notifying",
        NotificationConfiguration,
      }),
    );

    return async ({ s3, createQueue, receive }) => {
      const get = new GetBucketNotificationConfigurationCommand({ Bucket: "notifying" });
      expect((await s3.send(get)).QueueConfigurations).toMatchObject([{ Id: "kept", Events }]);
      await s3.send(new PutObjectCommand({ Bucket: "notifying", Key: "k", Body: "x" }));
      const got = await receive(await createQueue("notified"));
      expect(got.map(({ Body = "" }) => JSON.parse(Body))).toMatchObject([
        { Event: "s3:TestEvent" },
        { Records: [{ s3: { configurationId: "kept", object: { key: "k" } } }] },
      ]);
    };
  },

  "a queue has its attributes, and a URL at the new port": async ({ createQueue }) => {
    await createQueue("attributes-dlq");
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: arn("attributes-dlq"),
      maxReceiveCount: 3,
    });
    const oldUrl = await createQueue("attributes", { VisibilityTimeout: "77", RedrivePolicy });

    return async ({ sqs }) => {
      const { QueueUrl = "" } = await sqs.send(new GetQueueUrlCommand({ QueueName: "attributes" }));
      expect(QueueUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\/attributes$/);
      expect(QueueUrl).not.toBe(oldUrl);
      // The old URL is valid too.
      for (const url of [oldUrl, QueueUrl]) {
        const got = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
        );
        expect(got.Attributes).toMatchObject({
          VisibilityTimeout: "77",
          QueueArn: arn("attributes"),
        });
        expect(got.Attributes?.RedrivePolicy).toContain('"maxReceiveCount":3');
      }
    };
  },

  "a message in flight stays in flight, with the same receipt handle": async ({
    createQueue,
    send,
    receive,
  }) => {
    const url = await createQueue("held");
    await send(url, "held");
    const [message] = await receive(url, { VisibilityTimeout: 60 });
    const ReceiptHandle = message?.ReceiptHandle;

    return async ({ sqs, createQueue, receive }) => {
      const QueueUrl = await createQueue("held");
      expect(await receive(QueueUrl)).toEqual([]);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      const AttributeNames = ["ApproximateNumberOfMessagesNotVisible" as const];
      const got = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
      expect(got.Attributes?.ApproximateNumberOfMessagesNotVisible).toBe("0");
    };
  },

  "a message released with visibility 0 is visible, and its receives are counted": async ({
    sqs,
    createQueue,
    send,
    receive,
  }) => {
    const QueueUrl = await createQueue("released");
    await send(QueueUrl, "back");
    const [message] = await receive(QueueUrl);
    const { ReceiptHandle } = message ?? {};
    const change = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
    await sqs.send(new ChangeMessageVisibilityCommand(change));
    const ApproximateFirstReceiveTimestamp = message?.Attributes?.ApproximateFirstReceiveTimestamp;

    return async ({ createQueue, receive }) => {
      const [message] = await receive(await createQueue("released"));
      expect(message).toMatchObject({
        Body: "back",
        Attributes: { ApproximateReceiveCount: "2", ApproximateFirstReceiveTimestamp },
      });
    };
  },

  "a dead letter is only in the dead-letter queue": async ({ createQueue, send, receive }) => {
    const redrive = {
      VisibilityTimeout: "0",
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: arn("poisoned-dlq"),
        maxReceiveCount: 1,
      }),
    };
    await createQueue("poisoned-dlq");
    const url = await createQueue("poisoned", redrive);
    await send(url, "poison");
    expect([(await receive(url)).length, (await receive(url)).length]).toEqual([1, 0]);

    return async ({ createQueue, receive }) => {
      expect(await receive(await createQueue("poisoned", redrive))).toEqual([]);
      const [deadLetter] = await receive(await createQueue("poisoned-dlq"));
      expect(deadLetter).toMatchObject({
        Body: "poison",
        Attributes: { ApproximateReceiveCount: "2" },
      });
    };
  },

  "a delayed message is still delayed": async ({ createQueue, send }) => {
    await send(await createQueue("delayed"), "later", 60);

    return async ({ sqs, createQueue }) => {
      const AttributeNames = ["ApproximateNumberOfMessagesDelayed" as const];
      const described = { QueueUrl: await createQueue("delayed"), AttributeNames };
      const got = await sqs.send(new GetQueueAttributesCommand(described));
      expect(got.Attributes).toEqual({ ApproximateNumberOfMessagesDelayed: "1" });
    };
  },

  "a table has its items and its time to live": async ({ dynamo }) => {
    const TableName = "images";
    const Item = { pk: { S: "image/a" }, seq: { N: "5" } };
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

    return async ({ dynamo }) => {
      const got = await dynamo.send(new GetItemCommand({ TableName, Key: { pk: Item.pk } }));
      expect(got.Item).toEqual(Item);
      const described = await dynamo.send(new DescribeTimeToLiveCommand({ TableName }));
      expect(described.TimeToLiveDescription).toEqual({
        TimeToLiveStatus: "ENABLED",
        AttributeName: "expiresAt",
      });
    };
  },

  "a topic still delivers to its subscribers, by their policies": async ({ sns, createQueue }) => {
    await createQueue("subscribed");
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "events" }));
    const Attributes = { RawMessageDelivery: "true", FilterPolicy: '{"type":["image.ready"]}' };
    const subscription = { TopicArn, Protocol: "sqs", Endpoint: arn("subscribed"), Attributes };
    await sns.send(new SubscribeCommand(subscription));

    return async ({ sns, createQueue, receive }) => {
      for (const StringValue of ["image.failed", "image.ready"]) {
        const MessageAttributes = { type: { DataType: "String", StringValue } };
        const message = { TopicArn, Message: StringValue, MessageAttributes };
        await sns.send(new PublishCommand(message));
      }
      const got = await receive(await createQueue("subscribed"));
      expect(got.map(({ Body }) => Body)).toEqual(["image.ready"]);
    };
  },
};

/** Does what the cases say on a server, ends it, and checks on the next. */
async function across(
  cases: readonly Case[],
  end: (local: { pid: number; close(): Promise<void> }) => Promise<void>,
): Promise<void> {
  const dataDir = await folder();
  const first = await spawnLocalAws({ port: 0, dataDir });
  const before = clientsOf(first);
  const checks = await Promise.all(cases.map((begin) => begin(before))).finally(() => end(first));
  const second = await spawnLocalAws({ port: 0, dataDir });
  onTestFinished(() => second.close());
  const after = clientsOf(second);
  for (const check of checks) await check(after);
}

// Each alone: the kill follows the last answer at once.
test.each(Object.entries(CASES))("after kill -9, %s", async (_title, begin) => {
  await across([begin], async (local) => {
    process.kill(local.pid, "SIGKILL");
    await local.close();
  });
});

test("after a close, all of that is so too", async () => {
  await across(Object.values(CASES), (local) => local.close());
});

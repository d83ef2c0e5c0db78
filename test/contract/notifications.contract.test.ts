import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  type Event,
  type FilterRuleName,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type QueueConfiguration,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { DeleteMessageCommand, GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import * as v from "valibot";
import { expect, vi } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup, type Queue } from "./setup.ts";

const S3Record = v.looseObject({
  eventName: v.string(),
  s3: v.looseObject({
    configurationId: v.string(),
    object: v.looseObject({
      key: v.string(),
      size: v.optional(v.number()),
      eTag: v.optional(v.string()),
      sequencer: v.string(),
    }),
  }),
});
type S3Record = v.InferOutput<typeof S3Record>;
const Notification = v.object({ Records: v.array(S3Record) });

const setup = await openSetup();

/** On AWS the queue's policy must allow S3 to send. */
const openToS3 = (arn: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: arn,
      },
    ],
  });

async function wired(...configurations: Partial<QueueConfiguration>[]) {
  const Bucket = await setup.bucket();
  const queue = await setup.queue({ Policy: openToS3("*") });
  await configure(
    Bucket,
    configurations.map((one) => ({ QueueArn: queue.arn, Events: created, ...one })),
  );
  const [test] = await take(queue, 1);
  return { Bucket, queue, test };
}

const created: Event[] = ["s3:ObjectCreated:*"];
const both: Event[] = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"];

const configure = (Bucket: string, QueueConfigurations: QueueConfiguration[]) =>
  setup.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { QueueConfigurations },
    }),
  );

/** The bodies of the next messages. */
async function take(queue: Queue, count: number): Promise<unknown[]> {
  const bodies: unknown[] = [];
  while (bodies.length < count) {
    const messages = await setup.receive(queue, { WaitTimeSeconds: 5 });
    if (messages.length === 0) throw new Error(`${bodies.length} of ${count} messages arrived`);
    for (const { Body = "", ReceiptHandle } of messages) {
      bodies.push(JSON.parse(Body));
      await setup.sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
    }
  }
  return bodies;
}

async function records(queue: Queue, count: number): Promise<S3Record[]> {
  return (await take(queue, count)).flatMap((body) => v.parse(Notification, body).Records);
}

promise("a newly configured queue receives s3:TestEvent", async () => {
  const { Bucket, test } = await wired({});
  expect(test).toEqual({
    Service: "Amazon S3",
    Event: "s3:TestEvent",
    Time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    Bucket,
    RequestId: expect.any(String),
    HostId: expect.any(String),
  });
});

promise("a put sends the record that the intake parses", async () => {
  const { Bucket, queue } = await wired({ Id: "sources" });
  await setup.s3.send(new PutObjectCommand({ Bucket, Key: "a b/ü+1.jpg", Body: "hello" }));
  expect(await take(queue, 1)).toEqual([
    {
      Records: [
        {
          eventVersion: expect.stringMatching(/^2\.\d+$/),
          eventSource: "aws:s3",
          awsRegion: queue.arn.split(":")[3],
          eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
          eventName: "ObjectCreated:Put",
          userIdentity: { principalId: expect.any(String) },
          requestParameters: { sourceIPAddress: expect.any(String) },
          responseElements: {
            "x-amz-request-id": expect.any(String),
            "x-amz-id-2": expect.any(String),
          },
          s3: {
            s3SchemaVersion: "1.0",
            configurationId: "sources",
            bucket: {
              name: Bucket,
              ownerIdentity: { principalId: expect.any(String) },
              arn: `arn:aws:s3:::${Bucket}`,
            },
            object: {
              key: "a+b/%C3%BC%2B1.jpg",
              size: 5,
              eTag: "5d41402abc4b2a76b9719d911017c592",
              sequencer: expect.stringMatching(/^[0-9A-F]+$/),
            },
          },
        },
      ],
    },
  ]);
});

promise("put, copy and completed upload send different event names", async () => {
  const { Bucket, queue } = await wired({});
  await setup.put(Bucket, "one");
  await setup.s3.send(new CopyObjectCommand({ Bucket, Key: "two", CopySource: `${Bucket}/one` }));
  const at = { Bucket, Key: "three" };
  const { UploadId } = await setup.s3.send(new CreateMultipartUploadCommand(at));
  const part = { ...at, UploadId, PartNumber: 1, Body: "part" };
  const { ETag } = await setup.s3.send(new UploadPartCommand(part));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const done = new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload });
  const completed = await setup.s3.send(done);
  const got = await records(queue, 3);
  expect(Object.fromEntries(got.map((one) => [one.s3.object.key, one.eventName]))).toEqual({
    one: "ObjectCreated:Put",
    two: "ObjectCreated:Copy",
    three: "ObjectCreated:CompleteMultipartUpload",
  });
  const last = got.find((one) => one.s3.object.key === "three");
  expect(last?.s3.object).toMatchObject({ size: 4, eTag: completed.ETag?.replaceAll('"', "") });
});

promise("removals send ObjectRemoved:Delete without size and ETag, single or many", async () => {
  const { Bucket, queue } = await wired({ Events: both });
  await setup.put(Bucket, "a", "b", "c");
  await records(queue, 3);
  await setup.s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  const Objects = [{ Key: "b" }, { Key: "c" }];
  await setup.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  const got = await records(queue, 3);
  expect(got.map((one) => one.eventName)).toEqual(Array(3).fill("ObjectRemoved:Delete"));
  expect(got.map((one) => one.s3.object.key).sort()).toEqual(["a", "b", "c"]);
  for (const { s3 } of got) expect(Object.keys(s3.object).sort()).toEqual(["key", "sequencer"]);
});

promise("only the configured events are sent", async () => {
  const { Bucket, queue } = await wired({ Events: ["s3:ObjectRemoved:Delete"] });
  await setup.put(Bucket, "x");
  await setup.s3.send(new DeleteObjectCommand({ Bucket, Key: "x" }));
  const [first] = await records(queue, 1);
  expect(first?.eventName).toBe("ObjectRemoved:Delete");
});

promise("prefix and suffix rules select the keys", async () => {
  const rules = [
    { Name: "prefix", Value: "in/" },
    { Name: "suffix", Value: ".jpg" },
  ] as const;
  const { Bucket, queue } = await wired({ Filter: { Key: { FilterRules: [...rules] } } });
  await setup.put(Bucket, "in/a.png", "a.jpg", "in/b.jpg");
  const [first] = await records(queue, 1);
  expect(first?.s3.object.key).toBe("in/b.jpg");
});

promise("the sequencer of a key increases with every change", async () => {
  const { Bucket, queue } = await wired({ Events: both });
  await setup.put(Bucket, "k", "k");
  await setup.s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  await setup.put(Bucket, "k");
  const got = await records(queue, 4);
  const sequencers = got.map((one) => one.s3.object.sequencer);
  const order = [...got].sort((a, b) => {
    const [x, y] = [a, b].map((one) => BigInt(`0x${one.s3.object.sequencer}`));
    return Number((x ?? 0n) - (y ?? 0n));
  });
  expect(new Set(sequencers).size).toBe(4);
  expect(order.map((one) => one.eventName)).toEqual([
    "ObjectCreated:Put",
    "ObjectCreated:Put",
    "ObjectRemoved:Delete",
    "ObjectCreated:Put",
  ]);
});

promise("the queue's count includes the event of a completed put", async () => {
  const { Bucket, queue } = await wired({});
  await setup.put(Bucket, "one", "two");
  // AWS's counts are approximate, so this may take a moment there.
  await vi.waitFor(async () => {
    const AttributeNames = ["ApproximateNumberOfMessages" as const];
    const got = await setup.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames }),
    );
    expect(got.Attributes?.ApproximateNumberOfMessages).toBe("2");
  });
});

promise("the configuration is returned, and replaced as a whole", async () => {
  const rule = (Name: FilterRuleName) => ({ Key: { FilterRules: [{ Name, Value: ".png" }] } });
  const { Bucket, queue } = await wired({ Id: "png", Events: both, Filter: rule("suffix") });
  const get = () => setup.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  const { QueueConfigurations } = await get();
  // AWS returns the rule's name with a capital, unlike its own model.
  const Name = expect.stringMatching(/^suffix$/i);
  const Filter = { Key: { FilterRules: [{ Name, Value: ".png" }] } };
  expect(QueueConfigurations).toEqual([
    { Id: "png", QueueArn: queue.arn, Events: expect.arrayContaining(both), Filter },
  ]);
  await configure(Bucket, []);
  expect((await get()).QueueConfigurations ?? []).toEqual([]);
});

promise("two configurations of one bucket send to different queues", async () => {
  const Bucket = await setup.bucket();
  const [a, b] = [
    await setup.queue({ Policy: openToS3("*") }),
    await setup.queue({ Policy: openToS3("*") }),
  ];
  const prefix = (Value: string) => ({
    Key: { FilterRules: [{ Name: "prefix" as const, Value }] },
  });
  await configure(Bucket, [
    { QueueArn: a.arn, Events: created, Filter: prefix("a/") },
    { QueueArn: b.arn, Events: created, Filter: prefix("b/") },
  ]);
  await Promise.all([take(a, 1), take(b, 1)]);
  await setup.put(Bucket, "a/1", "b/1");
  expect((await records(a, 1))[0]?.s3.object.key).toBe("a/1");
  expect((await records(b, 1))[0]?.s3.object.key).toBe("b/1");
});

const invalid = { name: "InvalidArgument", status: 400 };

promise("a missing queue is InvalidArgument, and nothing changes", async () => {
  const { Bucket, queue } = await wired({ Id: "kept" });
  const put = configure(Bucket, [{ QueueArn: `${queue.arn}-not`, Events: created }]);
  expect(await errorOf(put)).toEqual(invalid);
  const got = await setup.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
  expect(got.QueueConfigurations?.map(({ Id }) => Id)).toEqual(["kept"]);
});

promise("configurations that overlap are InvalidArgument", async () => {
  const { Bucket, queue } = await wired({});
  const overlapping = configure(Bucket, [
    { QueueArn: queue.arn, Events: created },
    { QueueArn: queue.arn, Events: ["s3:ObjectCreated:Put"] },
  ]);
  expect(await errorOf(overlapping)).toEqual(invalid);
});

import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  StorageClass,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isArchived, readRestore } from "./archive.ts";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { folder } from "./fixtures/folder.ts";
import { type LocalAws, startLocalAws } from "./server.ts";

const Bucket = "archive";
let local: LocalAws;
let s3: Clients["s3"];

beforeEach(async () => {
  local = await startLocalAws({ port: 0, dataDir: await folder() });
  ({ s3 } = clientsOf(local));
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterEach(() => local.close());

const put = (Key: string, Class?: StorageClass) =>
  s3.send(
    new PutObjectCommand({ Bucket, Key, Body: "hello", ...(Class && { StorageClass: Class }) }),
  );
const copy = (Key: string, from: string, Class?: StorageClass) =>
  s3.send(
    new CopyObjectCommand({
      Bucket,
      Key,
      CopySource: `${Bucket}/${from}`,
      ...(Class && { StorageClass: Class }),
    }),
  );
const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket, Key }));
const get = (Key: string) => s3.send(new GetObjectCommand({ Bucket, Key }));
const textOf = async (Key: string) => (await get(Key)).Body?.transformToString();
const restore = (Key: string, Days: number) => {
  const RestoreRequest = { Days, GlacierJobParameters: { Tier: "Bulk" as const } };
  return s3.send(new RestoreObjectCommand({ Bucket, Key, RestoreRequest }));
};

const error = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });
const archivedIn = (Class: StorageClass) => ({
  ...error("InvalidObjectState", 403),
  StorageClass: Class,
});

describe.each(["GLACIER", "DEEP_ARCHIVE"] as const)("an object in %s", (Class) => {
  test("has its class in HEAD and LIST, and cannot be read or copied", async () => {
    const { ETag } = await put("cold", Class);
    const shown = await head("cold");
    expect(shown).toMatchObject({ ETag, ContentLength: 5, StorageClass: Class });
    expect(shown.Restore).toBeUndefined();
    const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(listed.Contents).toMatchObject([{ Key: "cold", Size: 5, StorageClass: Class }]);

    await expect(get("cold")).rejects.toMatchObject(archivedIn(Class));
    const conditional = new GetObjectCommand({ Bucket, Key: "cold", IfNoneMatch: ETag });
    await expect(s3.send(conditional)).rejects.toMatchObject(archivedIn(Class));
    await expect(copy("copy", "cold")).rejects.toMatchObject(error("InvalidObjectState", 403));
    const at = { Bucket, Key: "parts" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    const from = { CopySource: `${Bucket}/cold`, PartNumber: 1, UploadId };
    const part = s3.send(new UploadPartCopyCommand({ ...at, ...from }));
    await expect(part).rejects.toMatchObject(error("InvalidObjectState", 403));
  });

  test("can be read after a restore, and keeps its class", async () => {
    await put("cold", Class);
    expect((await restore("cold", 1)).$metadata.httpStatusCode).toBe(202);
    expect(await textOf("cold")).toBe("hello");
    const { Restore: first, StorageClass: there } = await head("cold");
    expect([there, first]).toEqual([
      Class,
      expect.stringMatching(/^ongoing-request="false", expiry-date="\w{3}, .* 00:00:00 GMT"$/),
    ]);
    expect((await restore("cold", 30)).$metadata.httpStatusCode).toBe(200);
    expect((await head("cold")).Restore).not.toBe(first);
    await copy("copy", "cold");
    expect([await textOf("copy"), (await head("copy")).StorageClass]).toEqual(["hello", undefined]);
  });
});

test("a restore sends ObjectRestore:Completed, and a new expiry of the copy sends nothing", async () => {
  const { createQueue, receive } = clientsOf(local);
  const url = await createQueue("restored");
  const QueueArn = "arn:aws:sqs:us-east-1:000000000000:restored";
  const Events = ["s3:ObjectRestore:Completed" as const];
  const QueueConfigurations = [{ Id: "intake", QueueArn, Events }];
  const NotificationConfiguration = { QueueConfigurations };
  await s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }),
  );
  const { ETag = "" } = await put("a b", "GLACIER");
  await restore("a b", 2);
  const { Restore = "" } = await head("a b");
  const [, expiry = ""] = /expiry-date="(.*)"/.exec(Restore) ?? [];
  await restore("a b", 3);
  const [test, ...events] = (await receive(url)).map(({ Body = "" }) => JSON.parse(Body));
  expect(test).toMatchObject({ Event: "s3:TestEvent" });
  expect(events).toMatchObject([{ Records: [{ eventName: "ObjectRestore:Completed" }] }]);
  expect(events[0].Records[0]).toMatchObject({
    eventVersion: "2.1",
    eventSource: "aws:s3",
    s3: { configurationId: "intake", bucket: { name: Bucket } },
    glacierEventData: {
      restoreEventData: {
        lifecycleRestorationExpiryTime: new Date(expiry).toISOString(),
        lifecycleRestoreStorageClass: "GLACIER",
      },
    },
  });
  const object = { key: "a+b", size: 5, eTag: ETag.replaceAll('"', "") };
  expect(events[0].Records[0].s3.object).toEqual(object);
});

test("a put or a copy sets the class, by default STANDARD", async () => {
  const { ETag } = await put("k");
  const archived = await copy("k", "k", "DEEP_ARCHIVE");
  expect(archived.CopyObjectResult?.ETag).toBe(ETag);
  await expect(get("k")).rejects.toMatchObject(archivedIn("DEEP_ARCHIVE"));
  await put("k");
  expect([await textOf("k"), (await head("k")).StorageClass]).toEqual(["hello", undefined]);
  await put("k", "GLACIER");
  await restore("k", 1);
  await put("k", "GLACIER");
  await expect(get("k")).rejects.toMatchObject(archivedIn("GLACIER"));
});

test("objects of other classes can be read at once", async () => {
  for (const Class of ["STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"] as const) {
    await put(Class, Class);
    expect([await textOf(Class), (await head(Class)).StorageClass]).toEqual(["hello", Class]);
  }
});

test("invalid classes and restores are rejected with S3's errors", async () => {
  await put("standard");
  await put("cold", "GLACIER");
  await expect(put("k", StorageClass.OUTPOSTS)).rejects.toMatchObject(
    error("InvalidStorageClass", 400),
  );
  await expect(restore("standard", 1)).rejects.toMatchObject(archivedIn("STANDARD"));
  await expect(restore("missing", 1)).rejects.toMatchObject(error("NoSuchKey", 404));
  const withoutDays = { Bucket, Key: "cold", RestoreRequest: { Tier: "Bulk" as const } };
  await expect(s3.send(new RestoreObjectCommand(withoutDays))).rejects.toMatchObject(
    error("MalformedXML", 400),
  );
});

test("attributes and multipart uploads are not served for other classes than STANDARD", async () => {
  await put("cold", "GLACIER");
  const attributes = { Bucket, Key: "cold", ObjectAttributes: ["StorageClass" as const] };
  await expect(s3.send(new GetObjectAttributesCommand(attributes))).rejects.toMatchObject(
    error("NotImplemented", 501),
  );
  const upload = { Bucket, Key: "parts", StorageClass: "GLACIER" as const };
  await expect(s3.send(new CreateMultipartUploadCommand(upload))).rejects.toMatchObject(
    error("NotImplemented", 501),
  );
});

test("a restored copy expires at the midnight after its days, as in S3's guide", () => {
  const body = (days: number) =>
    Buffer.from(`<RestoreRequest><Days>${days}</Days></RestoreRequest>`);
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    vi.setSystemTime("2012-10-15T10:30:00Z");
    const restoredUntil = readRestore(body(3));
    expect(restoredUntil.toISOString()).toBe("2012-10-19T00:00:00.000Z");
    vi.setSystemTime("2012-10-16T11:00:00Z");
    expect(readRestore(body(1)).toISOString()).toBe("2012-10-18T00:00:00.000Z");
    const storage = { storageClass: "GLACIER", restoredUntil };
    vi.setSystemTime("2012-10-18T23:59:59Z");
    expect(isArchived(storage)).toBe(false);
    vi.setSystemTime("2012-10-19T00:00:00Z");
    expect(isArchived(storage)).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

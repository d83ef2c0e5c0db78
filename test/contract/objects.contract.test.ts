import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup } from "./setup.ts";

const setup = await openSetup();
let Bucket: string;
beforeAll(async () => {
  Bucket = await setup.bucket();
});

async function bytesOf(Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await setup.s3.send(
    new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) }),
  );
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

promise("an object is returned with its bytes, type, cache control and metadata", async () => {
  const Body = randomBytes(1000);
  const sent = {
    ContentType: "image/webp",
    CacheControl: "public, max-age=31536000, immutable",
    ContentDisposition: 'inline; filename="a.webp"',
    Metadata: { "source-etag": "abc", width: "640" },
  };
  const put = await setup.s3.send(new PutObjectCommand({ Bucket, Key: "whole", Body, ...sent }));
  const got = await setup.s3.send(new GetObjectCommand({ Bucket, Key: "whole" }));
  expect(got).toMatchObject({ ...sent, ContentLength: 1000, ETag: put.ETag });
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(Body);
  const head = await setup.s3.send(new HeadObjectCommand({ Bucket, Key: "whole" }));
  expect(head).toMatchObject({ ...sent, ContentLength: 1000, ETag: put.ETag });
  expect(head.LastModified?.getTime()).toBeGreaterThan(Date.now() - 60_000);
});

promise("the ETag of a single put is its MD5 in quotes", async () => {
  const put = await setup.s3.send(new PutObjectCommand({ Bucket, Key: "md5", Body: "hello" }));
  expect(put.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
});

promise("an object may be empty", async () => {
  await setup.s3.send(new PutObjectCommand({ Bucket, Key: "empty", Body: "" }));
  expect(await bytesOf("empty")).toHaveLength(0);
  const head = await setup.s3.send(new HeadObjectCommand({ Bucket, Key: "empty" }));
  expect(head.ContentLength).toBe(0);
});

promise("an object of 25 MB is stored and returned whole, as a stream", async () => {
  const Body = randomBytes(25_000_000);
  await setup.s3.send(new PutObjectCommand({ Bucket, Key: "large", Body }));
  expect((await bytesOf("large")).equals(Body)).toBe(true);
  const { Body: stream } = await setup.s3.send(new GetObjectCommand({ Bucket, Key: "large" }));
  let at = 0;
  if (!(stream instanceof Readable)) throw new Error("no stream");
  for await (const chunk of stream) {
    expect(Body.subarray(at, at + chunk.length).equals(chunk)).toBe(true);
    at += chunk.length;
  }
  expect(at).toBe(Body.length);
});

promise("a stream of known length can be put", async () => {
  const Body = randomBytes(3_000_000);
  const half = [Body.subarray(0, 1_000_001), Body.subarray(1_000_001)];
  await setup.s3.send(
    new PutObjectCommand({
      Bucket,
      Key: "streamed",
      Body: Readable.from(half),
      ContentLength: Body.length,
    }),
  );
  expect((await bytesOf("streamed")).equals(Body)).toBe(true);
});

promise("the SDK's checksum is stored and returned", async () => {
  const put = await setup.s3.send(new PutObjectCommand({ Bucket, Key: "sum", Body: "hello" }));
  expect(put.ChecksumCRC32).toBe("NhCmhg==");
  const got = await setup.s3.send(
    new GetObjectCommand({ Bucket, Key: "sum", ChecksumMode: "ENABLED" }),
  );
  expect(got.ChecksumCRC32).toBe("NhCmhg==");
  expect(await got.Body?.transformToString()).toBe("hello");
});

promise("a body that does not match its checksum is rejected", async () => {
  const put = new PutObjectCommand({
    Bucket,
    Key: "damaged",
    Body: "hello",
    ChecksumCRC32: "AAAAAA==",
  });
  expect(await errorOf(setup.s3.send(put))).toEqual({ name: "BadDigest", status: 400 });
  const head = setup.s3.send(new HeadObjectCommand({ Bucket, Key: "damaged" }));
  expect((await errorOf(head)).name).toBe("NotFound");
});

promise("ranges: first bytes, middle, tail, last bytes, past the end", async () => {
  const Body = randomBytes(3_000_000);
  await setup.s3.send(new PutObjectCommand({ Bucket, Key: "ranges", Body }));
  expect(await bytesOf("ranges", "bytes=0-31")).toEqual(Body.subarray(0, 32));
  expect(await bytesOf("ranges", "bytes=1048570-1048585")).toEqual(
    Body.subarray(1_048_570, 1_048_586),
  );
  expect(await bytesOf("ranges", "bytes=2999990-")).toEqual(Body.subarray(2_999_990));
  expect(await bytesOf("ranges", "bytes=-7")).toEqual(Body.subarray(-7));
  expect(await bytesOf("ranges", "bytes=2999999-9999999")).toEqual(Body.subarray(-1));
  const part = new GetObjectCommand({ Bucket, Key: "ranges", Range: "bytes=10-19" });
  const { ContentRange, ContentLength, $metadata, Body: rest } = await setup.s3.send(part);
  await rest?.transformToByteArray();
  expect([ContentRange, ContentLength, $metadata.httpStatusCode]).toEqual([
    "bytes 10-19/3000000",
    10,
    206,
  ]);
});

promise("a range that begins after the end is InvalidRange", async () => {
  await setup.put(Bucket, "short");
  const got = setup.s3.send(new GetObjectCommand({ Bucket, Key: "short", Range: "bytes=1-" }));
  expect(await errorOf(got)).toEqual({ name: "InvalidRange", status: 416 });
});

promise("a put replaces the object and all of its metadata", async () => {
  const first = { ContentType: "image/png", Metadata: { a: "1" }, CacheControl: "no-cache" };
  await setup.s3.send(new PutObjectCommand({ Bucket, Key: "twice", Body: "one", ...first }));
  await setup.s3.send(new PutObjectCommand({ Bucket, Key: "twice", Body: "second" }));
  const head = await setup.s3.send(new HeadObjectCommand({ Bucket, Key: "twice" }));
  expect(head.Metadata).toEqual({});
  expect(head.CacheControl).toBeUndefined();
  expect(head.ContentType).toBe("application/octet-stream");
  expect((await bytesOf("twice")).toString()).toBe("second");
});

promise("a copy has the source's bytes and metadata, or new metadata", async () => {
  const Metadata = { kept: "yes" };
  await setup.s3.send(new PutObjectCommand({ Bucket, Key: "from it", Body: "copied", Metadata }));
  const CopySource = `${Bucket}/${encodeURIComponent("from it")}`;
  await setup.s3.send(new CopyObjectCommand({ Bucket, Key: "to", CopySource }));
  expect((await bytesOf("to")).toString()).toBe("copied");
  const replaced = { MetadataDirective: "REPLACE", ContentType: "image/gif" } as const;
  await setup.s3.send(new CopyObjectCommand({ Bucket, Key: "to2", CopySource, ...replaced }));
  const kept = await setup.s3.send(new HeadObjectCommand({ Bucket, Key: "to" }));
  const fresh = await setup.s3.send(new HeadObjectCommand({ Bucket, Key: "to2" }));
  expect([kept.Metadata, fresh.Metadata, fresh.ContentType]).toEqual([Metadata, {}, "image/gif"]);
});

promise("deleting a missing object succeeds", async () => {
  const deleted = await setup.s3.send(new DeleteObjectCommand({ Bucket, Key: "never" }));
  expect(deleted.$metadata.httpStatusCode).toBe(204);
});

promise("many objects are deleted at once, including missing ones", async () => {
  await setup.put(Bucket, "m/1", "m/2");
  const Objects = ["m/1", "m/2", "m/3"].map((Key) => ({ Key }));
  const loud = await setup.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(loud.Deleted?.map(({ Key }) => Key).sort()).toEqual(["m/1", "m/2", "m/3"]);
  expect(loud.Errors ?? []).toEqual([]);
  const quiet = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
  expect((await setup.s3.send(quiet)).Deleted ?? []).toEqual([]);
  const head = setup.s3.send(new HeadObjectCommand({ Bucket, Key: "m/1" }));
  expect(await errorOf(head)).toEqual({ name: "NotFound", status: 404 });
});

promise("a missing key is NoSuchKey on get and NotFound on head", async () => {
  const get = setup.s3.send(new GetObjectCommand({ Bucket, Key: "missing" }));
  expect(await errorOf(get)).toEqual({ name: "NoSuchKey", status: 404 });
  const head = setup.s3.send(new HeadObjectCommand({ Bucket, Key: "missing" }));
  expect(await errorOf(head)).toEqual({ name: "NotFound", status: 404 });
});

promise("a missing bucket is NoSuchBucket on get and put, and NotFound on head", async () => {
  const missing = { Bucket: "imagefleet-contract-no-such-bucket", Key: "k" };
  const noSuchBucket = { name: "NoSuchBucket", status: 404 };
  expect(await errorOf(setup.s3.send(new GetObjectCommand(missing)))).toEqual(noSuchBucket);
  const put = setup.s3.send(new PutObjectCommand({ ...missing, Body: "x" }));
  expect(await errorOf(put)).toEqual(noSuchBucket);
  expect((await errorOf(setup.s3.send(new HeadObjectCommand(missing)))).status).toBe(404);
});

import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup } from "./setup.ts";

const setup = await openSetup();
let Bucket: string;
let ETag: string;
const other = '"00000000000000000000000000000000"';
const failed = { name: "PreconditionFailed", status: 412 };
beforeAll(async () => {
  Bucket = await setup.bucket();
  const put = await setup.s3.send(new PutObjectCommand({ Bucket, Key: "it", Body: "now" }));
  ETag = put.ETag ?? "";
});

const get = (IfNoneMatch?: string, IfMatch?: string) =>
  setup.s3.send(new GetObjectCommand({ Bucket, Key: "it", IfNoneMatch, IfMatch }));
const head = (IfNoneMatch?: string, IfMatch?: string) =>
  setup.s3.send(new HeadObjectCommand({ Bucket, Key: "it", IfNoneMatch, IfMatch }));
const put = (Key: string, Body: string, condition: { IfMatch?: string; IfNoneMatch?: string }) =>
  setup.s3.send(new PutObjectCommand({ Bucket, Key, Body, ...condition }));

promise("get and head If-None-Match with the same ETag is 304", async () => {
  expect((await errorOf(get(ETag))).status).toBe(304);
  expect((await errorOf(head(ETag))).status).toBe(304);
});

promise("get and head If-None-Match with another ETag return the object", async () => {
  expect(await (await get(other)).Body?.transformToString()).toBe("now");
  expect((await head(other)).ContentLength).toBe(3);
});

promise("get and head If-Match with another ETag is 412", async () => {
  expect(await errorOf(get(undefined, other))).toEqual(failed);
  expect((await errorOf(head(undefined, other))).status).toBe(412);
});

promise("get and head If-Match with the same ETag return the object", async () => {
  expect(await (await get(undefined, ETag)).Body?.transformToString()).toBe("now");
  expect((await head(undefined, ETag)).ContentLength).toBe(3);
});

promise("a ranged get If-Match with another ETag is 412", async () => {
  const ranged = new GetObjectCommand({ Bucket, Key: "it", Range: "bytes=0-0", IfMatch: other });
  expect(await errorOf(setup.s3.send(ranged))).toEqual(failed);
});

promise("If-Modified-Since and If-Unmodified-Since are honored", async () => {
  const later = new Date(Date.now() + 60_000);
  const earlier = new Date(Date.now() - 3_600_000);
  const send = (condition: object) =>
    setup.s3.send(new HeadObjectCommand({ Bucket, Key: "it", ...condition }));
  const { LastModified } = await send({});
  expect((await errorOf(send({ IfModifiedSince: LastModified }))).status).toBe(304);
  expect((await errorOf(send({ IfUnmodifiedSince: earlier }))).status).toBe(412);
  expect((await send({ IfModifiedSince: earlier, IfUnmodifiedSince: later })).ContentLength).toBe(
    3,
  );
});

promise("put If-None-Match: * creates an object and never replaces one", async () => {
  await put("new", "first", { IfNoneMatch: "*" });
  expect(await errorOf(put("new", "second", { IfNoneMatch: "*" }))).toEqual(failed);
  const kept = await setup.s3.send(new GetObjectCommand({ Bucket, Key: "new" }));
  expect(await kept.Body?.transformToString()).toBe("first");
});

promise("one of several concurrent puts If-None-Match: * succeeds", async () => {
  const puts = Array.from({ length: 8 }, (_, i) => put("race", String(i), { IfNoneMatch: "*" }));
  const results = await Promise.allSettled(puts);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

promise("put If-Match replaces only that version", async () => {
  const first = await put("versioned", "one", {});
  expect(await errorOf(put("versioned", "two", { IfMatch: other }))).toEqual(failed);
  await put("versioned", "two", { IfMatch: first.ETag ?? "" });
  expect(await errorOf(put("versioned", "three", { IfMatch: first.ETag ?? "" }))).toEqual(failed);
});

promise("put If-Match of a missing object is NoSuchKey", async () => {
  expect(await errorOf(put("not there", "x", { IfMatch: other }))).toEqual({
    name: "NoSuchKey",
    status: 404,
  });
});

promise("delete If-Match removes only that version", async () => {
  const { ETag = "" } = await put("deleted", "one", {});
  const remove = (IfMatch: string) =>
    setup.s3.send(new DeleteObjectCommand({ Bucket, Key: "deleted", IfMatch }));
  expect(await errorOf(remove(other))).toEqual(failed);
  await remove(ETag);
  expect((await errorOf(remove(ETag))).status).toBe(404);
});

promise("a multipart upload can be completed If-None-Match: * only", async () => {
  await setup.put(Bucket, "taken");
  const at = { Bucket, Key: "taken" };
  const { UploadId } = await setup.s3.send(new CreateMultipartUploadCommand(at));
  const part = { ...at, UploadId, PartNumber: 1, Body: "part" };
  const { ETag: partTag } = await setup.s3.send(new UploadPartCommand(part));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: partTag }] };
  const complete = { ...at, UploadId, MultipartUpload, IfNoneMatch: "*" };
  expect(await errorOf(setup.s3.send(new CompleteMultipartUploadCommand(complete)))).toEqual(
    failed,
  );
});

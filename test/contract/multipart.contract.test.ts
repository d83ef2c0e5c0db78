import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { beforeAll, expect } from "vitest";
import { errorOf, promise } from "./promise.ts";
import { openSetup } from "./setup.ts";

const partBytes = 5 * 1024 * 1024;
const setup = await openSetup();
let Bucket: string;
beforeAll(async () => {
  Bucket = await setup.bucket();
});

async function begin(Key: string): Promise<string> {
  const made = await setup.s3.send(
    new CreateMultipartUploadCommand({
      Bucket,
      Key,
      ContentType: "image/tiff",
      Metadata: { a: "b" },
    }),
  );
  return made.UploadId ?? "";
}

async function part(Key: string, UploadId: string, PartNumber: number, Body: Buffer) {
  const sent = await setup.s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
  );
  return { PartNumber, ETag: sent.ETag };
}

const complete = (
  Key: string,
  UploadId: string,
  Parts: { PartNumber: number; ETag: string | undefined }[],
) =>
  setup.s3.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
  );

promise("the SDK's Upload puts a stream of unknown length in parts", async () => {
  const body = randomBytes(2 * partBytes + 12_345);
  const pieces = Array.from({ length: 11 }, (_, i) =>
    body.subarray(i * 1_000_003, (i + 1) * 1_000_003),
  );
  const params = { Bucket, Key: "streamed", Body: Readable.from(pieces), ContentType: "image/png" };
  await new Upload({ client: setup.s3, params, partSize: partBytes }).done();
  const got = await setup.s3.send(new GetObjectCommand({ Bucket, Key: "streamed" }));
  const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
  expect(got.ContentType).toBe("image/png");
  expect(bytes.equals(Buffer.concat(pieces))).toBe(true);
});

promise("parts make one object in any order of upload", async () => {
  const [a, b, c] = [randomBytes(partBytes), randomBytes(partBytes + 1), randomBytes(10)];
  const id = await begin("parts");
  const third = await part("parts", id, 30, c);
  const first = await part("parts", id, 2, a);
  const second = await part("parts", id, 7, b);
  const done = await complete("parts", id, [first, second, third]);
  const digests = [a, b, c].map((bytes) => createHash("md5").update(bytes).digest());
  const etag = `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-3"`;
  expect(done.ETag).toBe(etag);
  const got = await setup.s3.send(new GetObjectCommand({ Bucket, Key: "parts" }));
  expect(got).toMatchObject({ ETag: etag, ContentType: "image/tiff", Metadata: { a: "b" } });
  const whole = Buffer.concat([a, b, c]);
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(whole)).toBe(true);
  const Range = `bytes=${partBytes - 5}-${partBytes + 4}`;
  const seam = await setup.s3.send(new GetObjectCommand({ Bucket, Key: "parts", Range }));
  expect(Buffer.from((await seam.Body?.transformToByteArray()) ?? [])).toEqual(
    whole.subarray(partBytes - 5, partBytes + 5),
  );
});

promise("a repeated part counts once, with its last bytes", async () => {
  const id = await begin("again");
  await part("again", id, 1, Buffer.from("first"));
  const last = await part("again", id, 1, Buffer.from("second"));
  await complete("again", id, [last]);
  const got = await setup.s3.send(new GetObjectCommand({ Bucket, Key: "again" }));
  expect(await got.Body?.transformToString()).toBe("second");
});

promise("the parts of an upload are listed by number, with their bytes, in pages", async () => {
  const id = await begin("listed");
  const upload = { Bucket, Key: "listed", UploadId: id };
  const list = async (page = {}) => setup.s3.send(new ListPartsCommand({ ...upload, ...page }));
  expect((await list()).Parts ?? []).toEqual([]);
  const sent = [
    await part("listed", id, 7, Buffer.from("last")),
    await part("listed", id, 2, Buffer.from("second")),
    await part("listed", id, 3, Buffer.from("lost")),
    await part("listed", id, 3, Buffer.from("again")),
  ];
  const { Parts = [], IsTruncated } = await list();
  expect(IsTruncated).toBe(false);
  expect(Parts.map(({ PartNumber, Size, ETag }) => ({ PartNumber, Size, ETag }))).toEqual([
    { PartNumber: 2, Size: 6, ETag: sent[1]?.ETag },
    { PartNumber: 3, Size: 5, ETag: sent[3]?.ETag },
    { PartNumber: 7, Size: 4, ETag: sent[0]?.ETag },
  ]);
  const first = await list({ MaxParts: 2 });
  expect([first.IsTruncated, first.NextPartNumberMarker]).toEqual([true, "3"]);
  const rest = await list({ PartNumberMarker: "3" });
  expect(rest.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([7]);
  await setup.s3.send(new AbortMultipartUploadCommand(upload));
  expect(await errorOf(list())).toEqual({ name: "NoSuchUpload", status: 404 });
});

promise("there is no object before an upload is completed, nor after it is aborted", async () => {
  const id = await begin("aborted");
  const sent = await part("aborted", id, 1, Buffer.from("x"));
  const head = () => setup.s3.send(new HeadObjectCommand({ Bucket, Key: "aborted" }));
  expect((await errorOf(head())).status).toBe(404);
  await setup.s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "aborted", UploadId: id }));
  expect((await errorOf(head())).status).toBe(404);
  expect(await errorOf(complete("aborted", id, [sent]))).toEqual({
    name: "NoSuchUpload",
    status: 404,
  });
});

promise("a part before the last must have 5 MiB", async () => {
  const id = await begin("small");
  const parts = [
    await part("small", id, 1, Buffer.from("a")),
    await part("small", id, 2, Buffer.from("b")),
  ];
  expect(await errorOf(complete("small", id, parts))).toEqual({
    name: "EntityTooSmall",
    status: 400,
  });
});

promise("parts out of order, missing or with another ETag are rejected", async () => {
  const id = await begin("wrong");
  const sent = await part("wrong", id, 1, randomBytes(partBytes));
  const next = await part("wrong", id, 2, Buffer.from("b"));
  const reversed = complete("wrong", id, [next, sent]);
  expect(await errorOf(reversed)).toEqual({ name: "InvalidPartOrder", status: 400 });
  const invalid = { name: "InvalidPart", status: 400 };
  const other = { ...sent, ETag: next.ETag };
  expect(await errorOf(complete("wrong", id, [other]))).toEqual(invalid);
  expect(await errorOf(complete("wrong", id, [{ ...sent, PartNumber: 9 }]))).toEqual(invalid);
});

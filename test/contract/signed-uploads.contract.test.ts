import { hash, randomBytes } from "node:crypto";
import { CreateMultipartUploadCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { type SignedForm, signForm, signPart, signPut } from "@imagefleet/core/uploads";
import { beforeAll, expect } from "vitest";
import { promise } from "./promise.ts";
import { openSetup } from "./setup.ts";

const setup = await openSetup();
const { s3 } = setup;
const BYTES = 1000;
const photo = randomBytes(BYTES);
let bucket: string;
beforeAll(async () => {
  bucket = await setup.bucket();
});

const uploadTo = (key: string) => ({
  bucket,
  key,
  contentType: "image/jpeg",
  name: "a%20%C3%BC.jpg",
});

/** Sends a form as a browser does, the file last. */
async function send({ url, fields }: SignedForm, file = photo) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([Uint8Array.from(file)]), "any name");
  const response = await fetch(url, { method: "POST", body: form });
  const code = /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
  return { status: response.status, code };
}

const formFor = (key: string) => signForm(s3, uploadTo(key), { least: 1, most: BYTES });

async function refusal(key: string, changed: Record<string, string | undefined>) {
  const form = await formFor(key);
  const fields = Object.entries({ ...form.fields, ...changed });
  const kept = fields.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return send({ ...form, fields: Object.fromEntries(kept) });
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
promise("a form stores the file with its type and metadata, and can be used again", async () => {
  const form = await formFor("form.jpg");
  expect(await send(form)).toEqual({ status: 201, code: undefined });
  expect(await send(form)).toEqual({ status: 201, code: undefined });
  const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "form.jpg" }));
  expect(await stored.Body?.transformToByteArray()).toEqual(Uint8Array.from(photo));
  expect(stored.ContentType).toBe("image/jpeg");
  expect(Object.values(stored.Metadata ?? {})).toEqual(["a%20%C3%BC.jpg"]);
});

promise("a form refuses a file of one byte too many, and an empty one", async () => {
  const large = await send(await formFor("size.jpg"), randomBytes(BYTES + 1));
  expect(large).toEqual({ status: 400, code: "EntityTooLarge" });
  const empty = await send(await formFor("size.jpg"), Buffer.alloc(0));
  expect(empty).toEqual({ status: 400, code: "EntityTooSmall" });
});

const denied = { status: 403, code: "AccessDenied" };

promise(
  "a form refuses another key, another type and a field that its policy does not name",
  async () => {
    expect(await refusal("own.jpg", { key: "other.jpg" })).toEqual(denied);
    expect(await refusal("own.jpg", { "Content-Type": "text/html" })).toEqual(denied);
    expect(await refusal("own.jpg", { acl: "public-read" })).toEqual(denied);
  },
);

promise("a form refuses a changed policy, and another signature", async () => {
  const { fields } = await formFor("own.jpg");
  const policy = Buffer.from(fields["Policy"] ?? "", "base64").toString();
  const wider = policy.replace(`${BYTES}]`, `${9 * BYTES}]`);
  expect(wider).not.toBe(policy);
  const wrong = { status: 403, code: "SignatureDoesNotMatch" };
  const Policy = Buffer.from(wider).toString("base64");
  expect(await refusal("own.jpg", { Policy })).toEqual(wrong);
  const signature = fields["X-Amz-Signature"] ?? "";
  const other = signature.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
  expect(await refusal("own.jpg", { "X-Amz-Signature": other })).toEqual(wrong);
});

promise("a form without a policy is refused", async () => {
  const { status } = await refusal("own.jpg", { Policy: undefined });
  expect([400, 403]).toContain(status);
});

const put = (url: string, body: Buffer, headers: Record<string, string> = {}) =>
  fetch(url, { method: "PUT", headers, body: Uint8Array.from(body) }).then(({ status }) => status);

promise("a signed PUT stores exactly the bytes that were declared, once", async () => {
  const sha256 = hash("sha256", photo, "base64");
  const { url, headers } = await signPut(s3, uploadTo("put.jpg"), { bytes: BYTES, sha256 });
  expect(await put(url, photo, headers)).toBe(200);
  expect(await put(url, photo, headers)).toBe(412);
});

promise("a signed PUT refuses other bytes, and headers that were not signed so", async () => {
  const sha256 = hash("sha256", photo, "base64");
  const { url, headers } = await signPut(s3, uploadTo("exact.jpg"), { bytes: BYTES, sha256 });
  const other = Buffer.from(photo.map((byte, at) => (at === 9 ? byte ^ 1 : byte)));
  expect(await put(url, other, headers)).toBe(400);
  expect(await put(url, Buffer.concat([photo, Buffer.alloc(1)]), headers)).toBe(403);
  expect(await put(url, photo, { ...headers, "content-type": "text/html" })).toBe(403);
  expect(await put(url, photo, { "content-type": "image/jpeg" })).toBe(403);
});

promise("a signed part refuses another length, and another part's number", async () => {
  const Key = "parts.jpg";
  const { UploadId: uploadId = "" } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket: bucket, Key }),
  );
  const at = { bucket, key: Key, uploadId, part: { number: 1, bytes: BYTES } };
  const url = await signPart(s3, at);
  expect(await put(url, Buffer.concat([photo, Buffer.alloc(1)]))).toBe(403);
  expect(await put(url.replace("partNumber=1", "partNumber=2"), photo)).toBe(403);
  expect(await put(url, photo)).toBe(200);
});

import { hash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  ListPartsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { keyOfId, notificationSchema, openTable } from "@imagefleet/core/catalog";
import { Queue } from "@imagefleet/core/queue";
import type { RecipeInput } from "@imagefleet/core/recipe";
import sharp from "sharp";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { REGION } from "../resources/index.ts";
import type { Fleet } from "./fleet.ts";
import { startFleet } from "./start.ts";

const RECIPE: RecipeInput = {
  presets: {
    thumb: "16x16",
    hero: { widths: [20, 40], formats: ["webp", "jpeg"], when: "request" },
  },
};
const MIB = 1024 * 1024;

const HASH = hash("sha256", "", "base64");
const ENDED = { http: 409, error: { code: "UploadEnded" } };
const never = new AbortController().signal;

const texts = v.record(v.string(), v.string());
const part = v.object({ number: v.number(), bytes: v.number(), url: v.string() });
const listed = v.looseObject({ id: v.string(), status: v.string() });
/** What the tests read of an answer; the rest is compared with what is expected. */
const answerSchema = v.looseObject({
  id: v.optional(v.string(), ""),
  key: v.optional(v.string(), ""),
  url: v.optional(v.string(), ""),
  fields: v.optional(texts, {}),
  headers: v.optional(texts, {}),
  partBytes: v.optional(v.number(), 0),
  parts: v.optional(v.array(part), []),
  renditions: v.optional(v.array(v.looseObject({ url: v.string() })), []),
  images: v.optional(v.array(listed), []),
  cursor: v.optional(v.string()),
});

let folder: string;
let fleet: Fleet;
let photo: Buffer;
let tokens: Record<"alice" | "bob", string>;
let events: Queue;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-uploads-"));
  await writeFile(join(folder, "recipe.mjs"), `export default ${JSON.stringify(RECIPE)};`);
  fleet = await startFleet({
    dataDir: join(folder, "data"),
    port: 0,
    recipe: pathToFileURL(join(folder, "recipe.mjs")),
    catalog: true,
  });
  photo = await sharp({ create: { width: 64, height: 48, channels: 3, background: "#135" } })
    .jpeg()
    .toBuffer();
  const { api, events: url } = catalog();
  tokens = {
    alice: await api.developmentToken("alice"),
    bob: await api.developmentToken("bob|ü"),
  };
  const { endpoint, credentials } = fleet;
  events = new Queue(createSqs({ region: REGION, endpoint, credentials }), url);
});
afterAll(async () => {
  await fleet.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await notifications();
});

function catalog() {
  if (fleet.catalog === undefined) throw new Error("the fleet has no catalog");
  return fleet.catalog;
}

function s3() {
  const { endpoint, credentials } = fleet;
  return createS3({ region: REGION, endpoint, credentials });
}

function where(Key: string) {
  return { Bucket: fleet.sourceBucket, Key };
}

/** The item of an image as the table has it. */
async function itemOf(key: string) {
  const { endpoint, credentials } = fleet;
  const table = openTable(catalog().table, { region: REGION, endpoint, credentials });
  const item = await table.get(key, never);
  if (item === undefined) throw new Error(`${key} has no item`);
  return { table, item };
}

interface Asked {
  readonly user?: keyof typeof tokens;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

/** A request to the API. @returns its status, and its body */
async function ask(route: string, { user = "alice", body, headers }: Asked = {}) {
  const [method = "GET", path = ""] = route.split(" ");
  const response = await fetch(catalog().api.url + path, {
    method,
    headers: { authorization: `Bearer ${tokens[user]}`, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // An image has a status of its own.
  return { http: response.status, ...v.parse(answerSchema, JSON.parse(text || "{}")) };
}

/** What was published since the last call. */
async function notifications() {
  const bodies: string[] = [];
  for (;;) {
    const messages = await events.receive({ waitSeconds: 0 });
    if (messages.length === 0) {
      return bodies.map((body) => v.parse(notificationSchema, JSON.parse(body)));
    }
    for (const message of messages) {
      bodies.push(message.body);
      await events.delete(message);
    }
  }
}

async function sendForm(
  { url, fields }: { url: string; fields: Record<string, string> },
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ status: number; code: string | undefined }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([bytes]));
  const response = await fetch(url, { method: "POST", body: form });
  return { status: response.status, code: /<Code>(\w+)/.exec(await response.text())?.[1] };
}

const jpeg = () => Uint8Array.from(photo);

/** Uploads a picture by a form. @returns the id of the image */
async function upload(bytes = jpeg(), user: keyof typeof tokens = "alice"): Promise<string> {
  const started = await ask("POST /uploads", { user, body: { contentType: "image/jpeg" } });
  expect(await sendForm(started, bytes)).toMatchObject({ status: 201 });
  await fleet.idle();
  return started.id;
}

describe("an upload by a form", () => {
  it("is awaited, becomes ready, has notifications, is listed, and is removed", async () => {
    const body = { contentType: "image/jpeg", bytes: photo.length, name: "Ü 1/2.jpg" };
    const started = await ask("POST /uploads", { body });
    expect(started).toMatchObject({ http: 201, method: "POST" });
    expect(started.key).toMatch(/^uploads\/alice\/[0-9A-Z]{26}\.jpg$/);
    expect(keyOfId(started.id)).toBe(started.key);
    const path = `/uploads/${started.id}`;
    expect(await ask(`GET ${path}`)).toMatchObject({ status: "awaiting", name: "Ü 1/2.jpg" });
    expect(await sendForm(started, jpeg())).toMatchObject({ status: 201 });
    await fleet.idle();

    const ready = await ask(`GET ${path}`);
    expect(ready).toMatchObject({
      status: "ready",
      name: "Ü 1/2.jpg",
      source: { bytes: photo.length, width: 64, height: 48, format: "jpeg" },
      srcset: { hero: [{ width: 20 }, { width: 40 }, { width: 20 }, { width: 40 }] },
    });
    const { url = "" } = ready.renditions[0] ?? {};
    expect((await fetch(url)).status).toBe(200);
    expect(await notifications()).toMatchObject([
      { type: "image.ready", first: true, user: "alice", key: started.key, source: { width: 64 } },
    ]);

    expect((await ask("GET /images")).images[0]).toMatchObject({ id: started.id, width: 64 });
    expect(await ask(`DELETE /images/${started.id}`)).toMatchObject({ http: 204 });
    await fleet.idle();
    expect(await ask(`GET ${path}`)).toMatchObject({ status: "removed" });
    expect(await notifications()).toMatchObject([{ type: "image.removed", key: started.key }]);
    const { images } = await ask("GET /images");
    expect(images.map(({ id }) => id)).not.toContain(started.id);
  });

  it("is refused by S3 for another size, type, key or policy", async () => {
    const bytes = photo.length;
    const started = await ask("POST /uploads", { body: { contentType: "image/jpeg", bytes } });
    const changed = (field: string, value: string) =>
      sendForm({ ...started, fields: { ...started.fields, [field]: value } }, jpeg());
    expect(await sendForm(started, Uint8Array.from([...photo, 0]))).toEqual({
      status: 400,
      code: "EntityTooLarge",
    });
    expect(await sendForm(started, new Uint8Array())).toEqual({
      status: 400,
      code: "EntityTooSmall",
    });
    expect(await changed("Content-Type", "text/html")).toEqual({
      status: 403,
      code: "AccessDenied",
    });
    expect(await changed("key", started.key.replace("alice", "bob"))).toMatchObject({
      status: 403,
    });
    const policy = Buffer.from(started.fields["Policy"] ?? "", "base64")
      .toString()
      .replace("alice", "bobby");
    expect(await changed("Policy", Buffer.from(policy).toString("base64"))).toMatchObject({
      status: 403,
    });
  });

  it("is rejected with its reason where the bytes are no picture", async () => {
    const id = await upload(Uint8Array.from(randomBytes(2000)));
    const shown = await ask(`GET /uploads/${id}`);
    expect(shown).toMatchObject({ status: "rejected", reason: "SourceUnsupported" });
    expect(await notifications()).toMatchObject([
      {
        type: "image.rejected",
        reason: "SourceUnsupported",
        message: expect.stringContaining("not"),
      },
    ]);
  });

  it("makes two images of the same bytes, sent twice", async () => {
    const ids = [await upload(), await upload()];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids)
      expect(await ask(`GET /uploads/${id}`)).toMatchObject({ status: "ready" });
  });
});

it("uploads exactly the bytes that were declared by PUT, and once", async () => {
  const sha256 = hash("sha256", photo, "base64");
  const body = { contentType: "image/jpeg", bytes: photo.length, sha256 };
  const { url, headers, ...started } = await ask("POST /uploads", { body });
  expect(started).toMatchObject({ method: "PUT" });
  expect(url).not.toMatch(/crc32/i);
  const put = async (bytes: Uint8Array<ArrayBuffer>, more = {}) =>
    (await fetch(url, { method: "PUT", headers: { ...headers, ...more }, body: bytes })).status;
  const other = Uint8Array.from(photo.map((byte, at) => (at === 99 ? byte ^ 1 : byte)));
  expect(await put(other)).toBe(400);
  expect(await put(Uint8Array.from([...photo, 0]))).toBe(403);
  expect(await put(jpeg(), { "content-type": "image/png" })).toBe(403);
  expect(await put(jpeg())).toBe(200);
  expect(await put(jpeg())).toBe(412);
});

describe("an upload in parts", () => {
  it("is completed when S3 has all parts, one of which was lost", async () => {
    const bytes = 17 * MIB;
    const content = Buffer.alloc(bytes);
    photo.copy(content);
    const body = { contentType: "image/jpeg", bytes, method: "multipart", name: "large.jpg" };
    const started = await ask("POST /uploads", { body });
    expect(started).toMatchObject({ method: "MULTIPART", partBytes: 8 * MIB });
    const send = async ({
      number,
      bytes: length,
      url,
    }: Record<"number" | "bytes", number> & { url: string }) => {
      const start = (number - 1) * started.partBytes;
      const part = Uint8Array.from(content.subarray(start, start + length));
      return (await fetch(url, { method: "PUT", body: part })).status;
    };
    const [first, second, third] = started.parts;
    if (!first || !second || !third) throw new Error("the upload has three parts");
    expect(await send(third)).toBe(200);
    expect(await send(first)).toBe(200);
    expect(await send({ ...second, bytes: 5 * MIB })).toBe(403);
    const complete = `POST /uploads/${started.id}/complete`;
    expect(await ask(complete)).toMatchObject({
      http: 409,
      error: { code: "PartsMissing", missing: [2] },
    });
    const { parts } = await ask(`POST /uploads/${started.id}/parts`);
    expect(parts).toMatchObject([{ number: 2, bytes: 8 * MIB }]);
    for (const missing of [...parts, ...parts]) expect(await send(missing)).toBe(200);
    expect(await ask(complete)).toMatchObject({ http: 200, key: started.key });
    expect(await ask(complete)).toMatchObject({ http: 200, key: started.key });
    await fleet.idle();
    expect(await ask(`GET /uploads/${started.id}`)).toMatchObject({
      status: "ready",
      name: "large.jpg",
      source: { bytes },
    });
  });

  it("is completed by a repeated request after an answer of S3, or of the API, was lost", async () => {
    const { id, key, parts } = await ask("POST /uploads", {
      body: { contentType: "image/jpeg", bytes: photo.length, method: "multipart" },
    });
    const [only] = parts;
    if (!only) throw new Error("the upload has a part");
    const sent = await fetch(only.url, { method: "PUT", body: jpeg() });
    expect(sent.status).toBe(200);
    // S3 has completed it, as it does when the function ends before it has the answer.
    const { table, item } = await itemOf(key);
    const { uploadId = "" } = item.multipart ?? {};
    await s3().send(
      new CompleteMultipartUploadCommand({
        ...where(key),
        UploadId: uploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag: sent.headers.get("etag") ?? "" }] },
      }),
    );
    const completing = { uploadId, bytes: photo.length, completing: true };
    await table.put({ ...item, multipart: completing }, item, never);
    for (const _ of [1, 2]) {
      expect(await ask(`POST /uploads/${id}/complete`)).toMatchObject({ http: 200, key });
    }
    await fleet.idle();
    expect(await ask(`POST /uploads/${id}/complete`)).toMatchObject({ http: 200, key });
    expect(await ask(`POST /uploads/${id}/parts`)).toMatchObject(ENDED);
  });

  it("cannot be completed when S3 has given it up, when it has no parts, or was removed", async () => {
    const body = { contentType: "image/jpeg", bytes: photo.length, method: "multipart" };
    const gone = await ask("POST /uploads", { body });
    const { item } = await itemOf(gone.key);
    const UploadId = item.multipart?.uploadId;
    await s3().send(new AbortMultipartUploadCommand({ ...where(gone.key), UploadId }));
    const form = await ask("POST /uploads", { body: { contentType: "image/jpeg" } });
    const removed = await ask("POST /uploads", { body });
    expect(await ask(`DELETE /images/${removed.id}`)).toMatchObject({ http: 204 });
    for (const { id } of [gone, form, removed]) {
      expect(await ask(`POST /uploads/${id}/complete`)).toMatchObject(ENDED);
    }
    // Nobody pays for the parts of an image that was deleted.
    const { item: deleted } = await itemOf(removed.key);
    const asked = { ...where(removed.key), UploadId: deleted.multipart?.uploadId };
    await expect(s3().send(new ListPartsCommand(asked))).rejects.toThrow(/does not exist/);
  });

  it("is forgotten when it is aborted", async () => {
    const body = { contentType: "image/jpeg", bytes: 64 * MIB };
    const { id, parts } = await ask("POST /uploads", { body });
    expect(parts).toHaveLength(8);
    expect(await ask(`DELETE /uploads/${id}`)).toMatchObject({ http: 204 });
    expect(await ask(`GET /uploads/${id}`)).toMatchObject({ http: 404 });
    expect(await ask(`POST /uploads/${id}/parts`)).toMatchObject({ http: 404 });
  });
});

describe("the API", () => {
  it("gives one upload to repeated requests with one Idempotency-Key", async () => {
    const asked = { body: { contentType: "image/png" }, headers: { "idempotency-key": "one" } };
    const [first, second] = [await ask("POST /uploads", asked), await ask("POST /uploads", asked)];
    expect(second.key).toBe(first.key);
    const bobs = await ask("POST /uploads", { ...asked, user: "bob" });
    expect(bobs.key).toMatch(/^uploads\/~[\w-]+\/\w+\.png$/);
  });

  it("refuses an Idempotency-Key that came with another body", async () => {
    const headers = { "idempotency-key": "two" };
    const body = { contentType: "image/png", bytes: 5, name: "a.png" };
    expect(await ask("POST /uploads", { body, headers })).toMatchObject({ http: 201 });
    for (const change of [
      { bytes: 6 },
      { contentType: "image/jpeg" },
      { name: "b.png" },
      { method: "multipart" },
    ]) {
      const refused = await ask("POST /uploads", { body: { ...body, ...change }, headers });
      expect(refused, JSON.stringify(change)).toMatchObject({
        http: 422,
        error: { code: "IdempotencyKeyReused", field: "Idempotency-Key" },
      });
    }
    expect(await ask("POST /uploads", { body, headers })).toMatchObject({ http: 201 });
  });

  it("refuses an Idempotency-Key whose upload has come, or was completed", async () => {
    const asked = { body: { contentType: "image/jpeg" }, headers: { "idempotency-key": "three" } };
    const started = await ask("POST /uploads", asked);
    expect(await sendForm(started, jpeg())).toMatchObject({ status: 201 });
    await fleet.idle();
    const { id } = started;
    const ended = { http: 409, error: { code: "UploadEnded", id } };
    expect(await ask("POST /uploads", asked)).toMatchObject(ended);
    expect(await ask(`DELETE /images/${id}`)).toMatchObject({ http: 204 });
    expect(await ask("POST /uploads", asked)).toMatchObject(ended);

    const parts = {
      body: { contentType: "image/jpeg", bytes: photo.length, method: "multipart" },
      headers: { "idempotency-key": "four" },
    };
    const large = await ask("POST /uploads", parts);
    const url = large.parts[0]?.url ?? "";
    expect((await fetch(url, { method: "PUT", body: jpeg() })).status).toBe(200);
    expect(await ask(`POST /uploads/${large.id}/complete`)).toMatchObject({ http: 200 });
    expect(await ask("POST /uploads", parts)).toMatchObject(ENDED);
  });

  it("answers another user's image, and what is no id, by 404", async () => {
    const id = await upload();
    for (const route of [`GET /uploads/${id}`, `DELETE /images/${id}`, `DELETE /uploads/${id}`]) {
      expect(await ask(route, { user: "bob" }), route).toMatchObject({ http: 404 });
    }
    const others = ["-", "Li4vLi4v", Buffer.from("cats/tom.jpg").toString("base64url")];
    for (const other of others) {
      expect(await ask(`GET /uploads/${other}`), other).toMatchObject({ http: 404 });
    }
    expect(await ask(`GET /uploads/${id}`)).toMatchObject({ status: "ready" });
  });

  it("answers no token, and a token that is not its own, by 401", async () => {
    for (const authorization of ["", "Bearer x", `Bearer ${tokens.alice.slice(0, -3)}abc`]) {
      const answer = await ask("GET /images", { headers: { authorization } });
      expect(answer, authorization).toMatchObject({ http: 401 });
    }
  });

  it.each([
    [{}, 400, "BadRequest", "contentType"],
    [{ contentType: "image/jpeg", bytes: 0 }, 400, "BadRequest", "bytes"],
    [{ contentType: "image/jpeg", bytes: 1.5 }, 400, "BadRequest", "bytes"],
    [{ contentType: "image/jpeg", bytes: 1e15 }, 413, "TooLarge", "bytes"],
    [{ contentType: "text/html" }, 415, "TypeNotAllowed", "contentType"],
    [{ contentType: "image/svg+xml" }, 415, "TypeNotAllowed", "contentType"],
    [{ contentType: "image/jpeg", sha256: "x" }, 400, "BadRequest", "sha256"],
    [{ contentType: "image/jpeg", sha256: HASH }, 400, "BadRequest", "bytes"],
    [
      { contentType: "image/jpeg", bytes: 1, sha256: HASH, method: "post" },
      400,
      "BadRequest",
      "sha256",
    ],
    [{ contentType: "image/jpeg", bytes: 6e9, sha256: HASH }, 413, "TooLarge", "bytes"],
    [{ contentType: "image/jpeg", method: "multipart" }, 400, "BadRequest", "bytes"],
    [{ contentType: "image/jpeg", method: "put", bytes: 1 }, 400, "BadRequest", "sha256"],
    [{ contentType: "image/jpeg", name: "a\u0000" }, 400, "BadRequest", "name"],
    [{ contentType: "image/jpeg", name: "\ud800" }, 400, "BadRequest", "name"],
    [[], 400, "BadRequest", "contentType"],
    [{ contentType: "image/jpeg", name: "🐱".repeat(1000) }, 400, "BadRequest", "name"],
    [{ contentType: "image/jpeg", key: "x" }, 400, "BadRequest", "key"],
  ])("refuses request %#", async (body, status, code, field) => {
    expect(await ask("POST /uploads", { body })).toMatchObject({
      http: status,
      error: { code, field },
    });
  });

  it("pages through a user's images, the newest first", async () => {
    const ids = [
      await upload(jpeg(), "bob"),
      await upload(jpeg(), "bob"),
      await upload(jpeg(), "bob"),
    ];
    const shown: string[] = [];
    let cursor = "";
    do {
      const page = await ask(`GET /images?limit=2${cursor && `&cursor=${cursor}`}`, {
        user: "bob",
      });
      shown.push(...page.images.filter(({ status }) => status === "ready").map(({ id }) => id));
      cursor = page.cursor ?? "";
    } while (cursor !== "");
    expect(shown).toEqual(ids.reverse());
    expect(await ask("GET /images?cursor=x")).toMatchObject({ http: 400 });
    expect(await ask("GET /images?limit=101")).toMatchObject({ http: 400 });
  });
});

it("keeps the items of images that were not uploaded by the API, and of a change of content", async () => {
  const { endpoint, credentials, sourceBucket } = fleet;
  const s3 = createS3({ region: REGION, endpoint, credentials });
  const put = async (Body: Buffer) => {
    await s3.send(new PutObjectCommand({ Bucket: sourceBucket, Key: "cats/tom.jpg", Body }));
    await fleet.idle();
  };
  await put(photo);
  await put(photo);
  expect(await notifications()).toMatchObject([{ type: "image.ready", first: true }]);
  await put(await sharp(photo).negate().jpeg().toBuffer());
  expect(await notifications()).toMatchObject([{ type: "image.ready", first: false }]);
});

import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Clients, clientsOf } from "./fixtures/clients.ts";
import { send, sign, signedFields } from "./fixtures/signing.ts";
import { maxBodyBytes } from "./incoming.ts";
import { type LocalAws, startLocalAws } from "./server.ts";

const Bucket = "health";
const origin = "http://localhost:5173";
let dataDir: string;
let local: LocalAws;
let clients: Clients;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "imagefleet-s3-"));
  local = await startLocalAws({ port: 0, dataDir, corsOrigins: [origin] });
});
afterAll(async () => {
  await local.close();
  await rm(dataDir, { recursive: true });
});
beforeEach(async () => {
  clients = clientsOf(local);
  await clients.s3.send(new CreateBucketCommand({ Bucket }));
});

async function textOf(Key: string): Promise<string | undefined> {
  const got = await clients.s3.send(new GetObjectCommand({ Bucket, Key }));
  return got.Body?.transformToString();
}

test("a bucket may have the name of one of fauxqs's pages", async () => {
  await clients.s3.send(new PutObjectCommand({ Bucket, Key: "own page", Body: "x" }));
  const listed = await clients.s3.send(new ListObjectsV2Command({ Bucket, Prefix: "own" }));
  expect(listed.Contents?.map(({ Key }) => Key)).toEqual(["own page"]);
});

describe("an operation that is not served is NotImplemented and changes nothing", () => {
  const notImplemented = { name: "NotImplemented", $metadata: { httpStatusCode: 501 } };

  test("object tagging does not change the object", async () => {
    await clients.s3.send(new PutObjectCommand({ Bucket, Key: "tagged", Body: "kept" }));
    const tag = { Bucket, Key: "tagged", Tagging: { TagSet: [] } };
    const tagged = clients.s3.send(new PutObjectTaggingCommand(tag));
    await expect(tagged).rejects.toMatchObject(notImplemented);
    expect(await textOf("tagged")).toBe("kept");
  });

  test("bucket sub-resources neither list nor delete the bucket", async () => {
    const cors = clients.s3.send(new GetBucketCorsCommand({ Bucket }));
    await expect(cors).rejects.toMatchObject(notImplemented);
    for (const name of ["cors", "policy", "tagging", "website", "versioning", "acl"]) {
      for (const method of ["GET", "PUT", "DELETE"]) {
        const answer = await send(local, { target: `/${Bucket}?${name}`, method });
        expect([name, method, answer.status]).toEqual([name, method, 501]);
        expect(await answer.text()).toContain("<Code>NotImplemented</Code>");
      }
    }
    await clients.s3.send(new HeadBucketCommand({ Bucket }));
  });

  test("notifications to other destinations than queues are rejected", async () => {
    const TopicConfigurations = [
      { TopicArn: "arn:aws:sns:us-east-1:000000000000:t", Events: ["s3:ObjectCreated:*" as const] },
    ];
    const put = new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { TopicConfigurations },
    });
    await expect(clients.s3.send(put)).rejects.toMatchObject(notImplemented);
  });
});

describe("a browser upload", () => {
  const preflight = (origin: string) =>
    fetch(`${local.endpoint}/${Bucket}/k`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type,x-amz-meta-name",
      },
    });

  test("has a preflight that allows only the listed origins", async () => {
    for (const other of ["http://localhost:5174", "https://localhost:5173", "null"]) {
      const answer = await preflight(other);
      expect([other, answer.status]).toEqual([other, 403]);
      expect(answer.headers.has("access-control-allow-origin")).toBe(false);
      const [url, init] = await sign(local, { target: "/", headers: { origin: other } });
      const listed = await fetch(url, init);
      expect([listed.status, listed.headers.has("access-control-allow-origin")]).toEqual([
        200,
        false,
      ]);
    }
    const answer = await preflight(origin);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": expect.stringContaining("PUT"),
      "access-control-allow-headers": "content-type,x-amz-meta-name",
    });
  });

  test("may send any content type and read the ETag", async () => {
    for (const type of ["application/x-www-form-urlencoded", "application/json", "text/plain"]) {
      const headers = { origin, "content-type": type };
      const put = { method: "PUT", headers, body: "a=b&c={}", target: `/${Bucket}/typed` };
      const answer = await send(local, put);
      expect(answer.headers.get("access-control-expose-headers")).toContain("ETag");
      expect(answer.headers.get("etag")).toMatch(/^"[0-9a-f]{32}"$/);
      expect(await textOf("typed")).toBe("a=b&c={}");
    }
  });

  async function post(conditions: unknown[], fields: Record<string, string>, file: string) {
    const form = new FormData();
    const signed = await signedFields(local, conditions);
    for (const [name, value] of Object.entries({ ...fields, ...signed })) form.set(name, value);
    form.set("file", new Blob([file]), "photo.jpg");
    return fetch(`${local.endpoint}/${Bucket}`, { method: "POST", body: form });
  }

  test("by form must conform to its policy", async () => {
    const conditions = [
      { bucket: Bucket },
      ["starts-with", "$key", "in/"],
      ["content-length-range", 2, 5],
    ];
    const codeOf = async (answer: Promise<Response>) =>
      /<Code>(.*)<\/Code>/.exec(await (await answer).text())?.[1];
    expect((await post(conditions, { key: "in/a" }, "12345")).status).toBe(204);
    expect(await textOf("in/a")).toBe("12345");
    expect(await codeOf(post(conditions, { key: "in/b" }, "123456"))).toBe("EntityTooLarge");
    expect(await codeOf(post(conditions, { key: "in/b" }, "1"))).toBe("EntityTooSmall");
    expect(await codeOf(post(conditions, { key: "out/b" }, "123"))).toBe("AccessDenied");
    expect(await codeOf(post([{ bucket: "other" }], { key: "b" }, "123"))).toBe("AccessDenied");
    expect(await codeOf(post([{ bucket: Bucket }], { key: "b" }, "123"))).toBe("AccessDenied");
    const typed = { key: "in/c", "content-type": "text/html" };
    expect(await codeOf(post(conditions, typed, "123"))).toBe("AccessDenied");
    expect((await post(conditions, { key: "in/c", "x-ignore-a": "b" }, "123")).status).toBe(204);
  });

  test("by form is stored in the storage class that the form names", async () => {
    const fields = { key: "cold", "x-amz-storage-class": "GLACIER" };
    expect((await post([fields], fields, "123")).status).toBe(204);
    const head = await clients.s3.send(new HeadObjectCommand({ Bucket, Key: "cold" }));
    expect(head.StorageClass).toBe("GLACIER");
  });

  test("by form sends ObjectCreated:Post", async () => {
    const url = await clients.createQueue("posted");
    const QueueArn = "arn:aws:sqs:us-east-1:000000000000:posted";
    const Events = ["s3:ObjectCreated:Post" as const];
    const NotificationConfiguration = { QueueConfigurations: [{ QueueArn, Events }] };
    await clients.s3.send(
      new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }),
    );
    await post([{ key: "posted" }], { key: "posted" }, "123");
    const bodies = (await clients.receive(url)).map(({ Body = "" }) => JSON.parse(Body));
    expect(bodies.at(-1)).toMatchObject({
      Records: [{ eventName: "ObjectCreated:Post", s3: { object: { key: "posted", size: 3 } } }],
    });
  });
});

test("a body over the limit is EntityTooLarge, and the client gets the response", async () => {
  const [url] = await sign(local, { method: "PUT", target: `/${Bucket}/huge`, expiresIn: 60 });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const options = { method: "PUT", headers: { "content-length": maxBodyBytes + 1 } };
    const put = request(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    put.on("error", reject);
    const chunk = Buffer.alloc(4 * 1024 * 1024);
    let left = maxBodyBytes + 1;
    const pump = () => {
      while (left > 0) {
        const piece = chunk.subarray(0, Math.min(left, chunk.length));
        left -= piece.length;
        if (!put.write(piece)) return;
      }
      put.end();
    };
    put.on("drain", pump);
    pump();
  });
  expect(status).toBe(400);
});

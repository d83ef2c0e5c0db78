import { PutObjectCommand } from "@aws-sdk/client-s3";
import { createS3 } from "@imagefleet/core/aws";
import { afterAll, beforeAll, expect, test } from "vitest";
import { credentialsOf } from "../credentials/index.ts";
import { REGION } from "../resources/index.ts";
import { type Sandbox, startSandbox } from "../sandbox/index.ts";
import { answering, TestEdge } from "./fixtures/edge.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ small: 60, large: 60 });
});
afterAll(() => sandbox.close());

/** An edge before the local S3, with its credentials or with a wrong secret. */
function start(secretAccessKey = sandbox.credentials.secretAccessKey): Promise<TestEdge> {
  const { endpoint, resources } = sandbox;
  const credentials = credentialsOf("edge", { secretAccessKey });
  const name = resources.renditionBucket;
  const made = answering(200, {}, "made");
  return TestEdge.start({ made }, { bucket: { endpoint, name, credentials } });
}

async function put(Key: string, Body: string): Promise<void> {
  const { endpoint, credentials, resources } = sandbox;
  const s3 = createS3({ region: REGION, endpoint, credentials });
  const Bucket = resources.renditionBucket;
  const Metadata = { a: "b" };
  await s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata, CacheControl: "max-age=60" }));
  s3.destroy();
}

test.each([
  "a b+c%20'\"/%2E%2E/ü/🐱.jpg",
  "!*'()$&,;=:@~.jpg",
  "%25/%.jpg",
  `${"é".repeat(500)}.jpg`,
])("the key %s is found at its address, and confirmed when it has expired", async (key) => {
  await put(key, "stored");
  const edge = await start();
  const address = `/${key.split("/").map(encodeURIComponent).join("/")}?v=00000000`;
  const got = await edge.get(address);
  expect([got.status, got.body]).toEqual([200, "stored"]);
  expect(got.headers).toMatchObject({ "x-amz-meta-a": "b", "cache-control": "max-age=60" });
  edge.pass(60);
  const again = await edge.get(address);
  expect([again.body, again.headers["x-cache"]]).toEqual(["stored", "RefreshHit from cloudfront"]);
  await put(key, "replaced");
  edge.pass(60);
  expect((await edge.get(address)).body).toBe("replaced");
  expect(edge.made.requests).toHaveLength(0);
});

test("a key that S3 does not have is made", async () => {
  const edge = await start();
  expect((await edge.get("/missing")).body).toBe("made");
  expect((await edge.get("/missing", {}, "HEAD")).status).toBe(200);
});

test("an edge that may not read the bucket is answered 403, and nothing is made", async () => {
  await put("there", "stored");
  const edge = await start("x".repeat(40));
  for (const path of ["/there", "/missing"]) {
    const got = await edge.get(path);
    expect([got.status, got.headers["x-cache"]]).toEqual([403, "Error from cloudfront"]);
  }
  expect(edge.made.requests).toHaveLength(0);
});

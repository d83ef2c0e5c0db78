import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { asEnvironment, credentialsOf } from "@imagefleet/local/credentials";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { prepareCatalog } from "@imagefleet/local/fleet";
import { type LocalFunction, startFunction } from "@imagefleet/local/function";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import recipe from "@imagefleet/workspace/recipe";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MIB = 1024 * 1024;
const SETTINGS = {
  maxBytes: 20_000,
  types: ["image/jpeg", "image/png"],
  perHour: 5,
  bytesPerDay: 100_000,
};
const JPEG = { contentType: "image/jpeg" };

let sandbox: Sandbox;
let proxy: FaultProxy;
let fn: LocalFunction;

beforeAll(async () => {
  sandbox = await startSandbox({ small: 30, large: 30 });
  const { endpoint, credentials, region, s3, sqs, resources } = sandbox;
  const { table } = await prepareCatalog(
    { s3, sqs },
    { recipe, endpoint, credentials, visibility: 30 },
  );
  proxy = await FaultProxy.start(endpoint, () => undefined);
  fn = startFunction({
    name: "uploads",
    handler: new URL("handler.ts", import.meta.url),
    exportName: "handler",
    memoryBytes: 512 * MIB,
    timeoutMs: 10_000,
    maximumConcurrency: 2,
    environment: {
      AWS_REGION: region,
      AWS_ENDPOINT_URL: proxy.endpoint,
      ...asEnvironment(credentialsOf("uploads", credentials)),
      IMAGEFLEET_SOURCE_BUCKET: resources.sourceBucket,
      IMAGEFLEET_TABLE: table,
      IMAGEFLEET_UPLOADS: JSON.stringify(SETTINGS),
    },
    onLog: () => {},
  });
});
afterAll(async () => {
  await fn.stop();
  await proxy[Symbol.asyncDispose]();
  await sandbox.close();
});

const answerSchema = v.object({
  statusCode: v.number(),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.pipe(v.string(), v.parseJson(), v.looseObject({}))),
});

/** Invokes the function as API Gateway does, after its authorizer. */
async function post(authorizer: object | undefined, body: object | string) {
  const result = await fn.invoke({
    version: "2.0",
    routeKey: "POST /uploads",
    headers: {},
    requestContext: { ...(authorizer && { authorizer }) },
    body: typeof body === "string" ? body : JSON.stringify(body),
    isBase64Encoded: false,
  });
  if (result.kind !== "returned") throw new Error(JSON.stringify(result));
  return v.parse(answerSchema, result.payload);
}

const jwt = (sub: string) => ({ jwt: { claims: { sub }, scopes: null } });

describe("a user", () => {
  it("may start so many uploads an hour, however many are requested at once", async () => {
    const all = Array.from({ length: 30 }, () => post(jwt("eager"), { ...JPEG, bytes: 1 }));
    const answers = await Promise.all(all);
    const byStatus = Map.groupBy(answers, ({ statusCode }) => statusCode);
    expect(byStatus.get(201)).toHaveLength(SETTINGS.perHour);
    expect(byStatus.get(429)).toHaveLength(25);
    const [refused] = byStatus.get(429) ?? [];
    expect(refused?.body).toMatchObject({ error: { code: "TooManyUploads" } });
    expect(Number(refused?.headers["retry-after"])).toBeGreaterThan(0);
    expect(Number(refused?.headers["retry-after"])).toBeLessThanOrEqual(3600);
    expect(await post(jwt("another"), JPEG)).toMatchObject({ statusCode: 201 });
  });

  it("may upload so many bytes a day: without a size, the most that the form allows counts", async () => {
    const sizes = [20_000, undefined, 20_000, 20_000, 19_999];
    for (const bytes of sizes) {
      expect(await post(jwt("heavy"), { ...JPEG, bytes })).toMatchObject({ statusCode: 201 });
    }
    const before = Date.now();
    const refused = await post(jwt("heavy"), { ...JPEG, bytes: 2 });
    expect(refused).toMatchObject({ statusCode: 429 });
    expect(JSON.stringify(refused.body)).toContain("bytes a day (in UTC)");
    // The limit of the day counts again from the next midnight in UTC.
    const again = new Date(before + 5000 + Number(refused.headers["retry-after"]) * 1000);
    expect(Math.abs(again.getTime() - again.setUTCHours(0, 0, 0, 0))).toBeLessThan(10_000);
  });

  it.each([
    ["no authorizer", undefined],
    ["a JWT without a subject", { jwt: { claims: {} } }],
    ["an empty subject", jwt("")],
    ["a subject that is too long", jwt("ü".repeat(200))],
    ["a Lambda authorizer without a user", { lambda: { name: "alice" } }],
    ["IAM", { iam: { userId: "alice" } }],
  ])("is needed: %s", async (_what, authorizer) => {
    expect(await post(authorizer, JPEG)).toMatchObject({
      statusCode: 403,
      body: { error: { code: "NoUser" } },
    });
  });

  it("of the application's authorizer may have narrower limits", async () => {
    const lambda = { user: "guest", maxBytes: 100, types: ["image/png"] };
    const png = { contentType: "image/png", bytes: 100 };
    expect(await post({ lambda }, png)).toMatchObject({ statusCode: 201 });
    expect(await post({ lambda }, { ...png, bytes: 101 })).toMatchObject({ statusCode: 413 });
    expect(await post({ lambda }, { ...JPEG, bytes: 1 })).toMatchObject({ statusCode: 415 });
    const wider = { ...lambda, maxBytes: 1e9, types: ["image/png", "image/gif"] };
    expect(await post({ lambda: wider }, { ...png, bytes: 20_001 })).toMatchObject({
      statusCode: 413,
    });
    expect(await post({ lambda: wider }, { contentType: "image/gif" })).toMatchObject({
      statusCode: 415,
    });
  });
});

it("refuses a body that is no JSON, and one of another shape", async () => {
  for (const body of ["", "{", "[]", '"a"']) {
    expect(await post(jwt("alice"), body), body).toMatchObject({ statusCode: 400 });
  }
});

const unavailable = {
  statusCode: 503,
  headers: { "retry-after": "5" },
  body: { error: { code: "CatalogUnavailable" } },
};

it("answers 503 while its table is throttled, and 201 again after that", async () => {
  for (const kind of ["SlowDown", "TooManyRequests"] as const) {
    proxy.decide = ({ service }) => (service === "dynamodb" ? { kind } : undefined);
    expect(await post(jwt("throttled"), JPEG)).toMatchObject(unavailable);
  }
  proxy.decide = () => undefined;
  expect(await post(jwt("throttled"), JPEG)).toMatchObject({ statusCode: 201 });
});

it("answers 503 without its table, and says when to repeat the request", async () => {
  const { endpoint, credentials, region } = sandbox;
  const dynamo = new DynamoDBClient({ endpoint, credentials, region });
  await dynamo.send(new DeleteTableCommand({ TableName: "imagefleet-images" }));
  dynamo.destroy();
  expect(await post(jwt("late"), JPEG)).toMatchObject(unavailable);
});

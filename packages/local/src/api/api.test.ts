import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { SignJWT } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "../aws/fixtures/folder.ts";
import { PortTaken } from "../aws/index.ts";
import { Latch } from "../function/fixtures/latch.ts";
import { startFunction } from "../function/index.ts";
import { type Api, type ApiOptions, startApi, UPLOAD_ROUTES } from "./index.ts";

const MIB = 1024 * 1024;
const FIXTURES = {
  streaming: new URL("../function/fixtures/streaming.ts", import.meta.url),
  handlers: new URL("../function/fixtures/handlers.ts", import.meta.url),
};

interface Options extends Partial<ApiOptions> {
  readonly environment?: Record<string, string>;
  readonly maximumConcurrency?: number;
  readonly functionTimeoutMs?: number;
}

async function serve(
  exportName: string,
  {
    environment = {},
    maximumConcurrency = 2,
    functionTimeoutMs = 15_000,
    ...options
  }: Options = {},
): Promise<Api> {
  const fn = startFunction({
    name: "under-test",
    handler: exportName === "returns" ? FIXTURES.streaming : FIXTURES.handlers,
    exportName,
    memoryBytes: 256 * MIB,
    timeoutMs: functionTimeoutMs,
    environment,
    maximumConcurrency,
    onLog: () => {},
  });
  onTestFinished(() => fn.stop());
  const common = { fn, routes: UPLOAD_ROUTES, corsOrigins: [], dataDir: await folder() };
  const api = await startApi({ ...common, ...options });
  onTestFinished(() => api.close());
  return api;
}

async function ask(api: Api, path: string, init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${await api.developmentToken("anna")}`;
  return fetch(`${api.url}${path}`, { ...init, headers: { authorization, ...init.headers } });
}

/** Sends a path as it is, which `fetch` would normalize. */
async function askRaw(api: Api, path: string): Promise<unknown> {
  const authorization = await api.developmentToken("anna");
  return new Promise((resolve, reject) => {
    const asked = request(api.url, { path, headers: { authorization } }, (response) => {
      json(response).then(resolve, reject);
    });
    asked.on("error", reject).end();
  });
}

async function messageOf(answer: Response): Promise<unknown> {
  return [answer.status, await answer.json()];
}

test("the event has the payload format 2.0 of an HTTP API, with the claims as text", async () => {
  const api = await serve("echo");
  const answer = await ask(api, "/uploads/a1_-/parts?x=1&x=2&y", {
    method: "POST",
    headers: { "X-Two": "b", Cookie: "c=d; e=f", "content-type": "application/json" },
    body: '{"ü":1}',
  });
  expect(await answer.json()).toMatchObject({
    event: {
      version: "2.0",
      routeKey: "POST /uploads/{id}/parts",
      rawPath: "/uploads/a1_-/parts",
      rawQueryString: "x=1&x=2&y",
      queryStringParameters: { x: "1,2", y: "" },
      pathParameters: { id: "a1_-" },
      cookies: ["c=d", "e=f"],
      headers: { "x-two": "b", host: new URL(api.url).host, "x-forwarded-proto": "http" },
      requestContext: {
        routeKey: "POST /uploads/{id}/parts",
        http: { method: "POST", path: "/uploads/a1_-/parts", sourceIp: "127.0.0.1" },
        authorizer: {
          jwt: {
            claims: {
              sub: "anna",
              aud: "imagefleet",
              iss: "https://imagefleet.invalid",
              exp: expect.stringMatching(/^\d+$/),
            },
            scopes: [],
          },
        },
      },
      body: '{"ü":1}',
      isBase64Encoded: false,
    },
  });
});

test("a route without parameters has none in its event", async () => {
  const api = await serve("echo");
  const { event } = Object(await (await ask(api, "/images")).json());
  expect(event).toMatchObject({ routeKey: "GET /images", isBase64Encoded: false });
  expect(event).not.toHaveProperty("pathParameters");
  expect(event).not.toHaveProperty("body");
});

test("a body of another type than text is base64", async () => {
  const api = await serve("echo");
  const headers = { "content-type": "image/png" };
  const answer = await ask(api, "/uploads", { method: "POST", headers, body: "ü" });
  const body = Buffer.from("ü").toString("base64");
  expect(await answer.json()).toMatchObject({ event: { body, isBase64Encoded: true } });
});

test.each([
  ["/uploads/%C3%BC%20b", "/uploads/ü b", "ü b"],
  ["/uploads/a%2Fb", "/uploads/a/b", "a/b"],
  ["/uploads/a%3Fb", "/uploads/a", "a?b"],
  ["/uploads/a%2525", "/uploads/a%25", "a%25"],
])("the path %s is decoded, and ends at a question mark", async (path, rawPath, id) => {
  const api = await serve("echo");
  expect(await askRaw(api, path)).toMatchObject({ event: { rawPath, pathParameters: { id } } });
});

test("a path that cannot be decoded is a 400", async () => {
  const api = await serve("echo");
  expect(await askRaw(api, "/uploads/%FF")).toEqual({ message: "Bad Request" });
});

test.each([
  ["GET", "/"],
  ["GET", "/uploads"],
  ["PUT", "/uploads/a"],
  ["GET", "/uploads/a/b"],
  ["GET", "/uploads/"],
  ["GET", "/images/"],
  ["OPTIONS", "/uploads"],
])("%s %s is not a route", async (method, path) => {
  const api = await serve("echo");
  const answer = await ask(api, path, { method });
  expect(await messageOf(answer)).toEqual([404, { message: "Not Found" }]);
});

test("the function's status, headers and base64 body are answered, without its CORS headers", async () => {
  const api = await serve("returns");
  const answer = await ask(api, "/images");
  expect([answer.status, answer.headers.get("x-path")]).toEqual([201, "/images"]);
  expect(answer.headers.has("access-control-allow-origin")).toBe(false);
  expect(await answer.text()).toBe("ü");
});

test("a body may have 10 MB", async () => {
  const api = await serve("returns");
  const post = (bytes: number) =>
    ask(api, "/uploads", { method: "POST", body: Buffer.alloc(bytes, "a") });
  const over = await post(10 * MIB + 1);
  expect(await messageOf(over)).toEqual([413, { message: "Request Entity Too Large" }]);
  // Lambda takes 6 MB, which this function does not reach.
  expect((await post(4 * MIB)).status).toBe(201);
});

test("a function that fails is a 500, and the next request succeeds", async () => {
  const api = await serve("atUrlLatch", { environment: { LATCH: "1" } });
  for (const _ of [1, 2]) {
    const answer = await ask(api, "/images");
    expect(await messageOf(answer)).toEqual([500, { message: "Internal Server Error" }]);
  }
});

test("an integration that takes too long is a 503", async () => {
  const latch = await Latch.start();
  onTestFinished(() => latch[Symbol.asyncDispose]());
  const api = await serve("atUrlLatch", { environment: latch.environment, timeoutMs: 500 });
  const answer = await ask(api, "/images");
  expect(await messageOf(answer)).toEqual([503, { message: "Service Unavailable" }]);
  latch.open();
});

test("a request beyond the function's concurrency is a 503 at once", async () => {
  const latch = await Latch.start();
  onTestFinished(() => latch[Symbol.asyncDispose]());
  const { environment } = latch;
  const api = await serve("atUrlLatch", { environment, maximumConcurrency: 1 });
  const first = ask(api, "/images");
  await latch.arrived(1);
  const answer = await ask(api, "/images");
  expect(await messageOf(answer)).toEqual([503, { message: "Service Unavailable" }]);
  latch.open();
  expect((await first).status).toBe(200);
});

test("a function's timeout is a 500", async () => {
  const latch = await Latch.start();
  onTestFinished(() => latch[Symbol.asyncDispose]());
  const api = await serve("atUrlLatch", {
    environment: latch.environment,
    functionTimeoutMs: 500,
  });
  const answer = await ask(api, "/images");
  expect(await messageOf(answer)).toEqual([500, { message: "Internal Server Error" }]);
});

test("requests above the rate and the burst are throttled until the bucket has one again", async () => {
  let now = 1_000_000;
  const api = await serve("echo", { requestsPerSecond: 2, now: () => now });
  const statuses = async (count: number) => {
    const got: number[] = [];
    for (let at = 0; at < count; at++) got.push((await ask(api, "/images")).status);
    return got;
  };
  expect(await statuses(5)).toEqual([200, 200, 200, 200, 429]);
  now += 500;
  expect(await statuses(1)).toEqual([200]);
  expect(await messageOf(await ask(api, "/images"))).toEqual([
    429,
    { message: "Too Many Requests" },
  ]);
});

test("the API answers preflight requests, of its origins alone and without a token", async () => {
  const own = "http://127.0.0.1:5173";
  const api = await serve("echo", { corsOrigins: [own] });
  const preflight = (origin: string) =>
    fetch(`${api.url}/uploads`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const allowed = await preflight(own);
  expect(allowed.status).toBe(204);
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    "access-control-allow-origin": own,
    "access-control-allow-methods": "DELETE,GET,POST",
    "access-control-allow-headers": "authorization,content-type,idempotency-key",
  });
  const other = await preflight("http://127.0.0.1:5174");
  expect([other.status, [...other.headers.keys()].filter((name) => /^access/.test(name))]).toEqual([
    204,
    [],
  ]);
});

test("answers, errors included, can be read by pages of its origins alone", async () => {
  const own = "https://app.example.com";
  const api = await serve("echo", { corsOrigins: [own] });
  for (const path of ["/images", "/nowhere"]) {
    const answer = await ask(api, path, { headers: { origin: own } });
    expect(answer.headers.get("access-control-allow-origin")).toBe(own);
    expect(answer.headers.get("access-control-expose-headers")).toBe("retry-after");
    const other = await ask(api, path, { headers: { origin: `${own}.evil.example` } });
    expect(other.headers.has("access-control-allow-origin")).toBe(false);
  }
  const unauthorized = await fetch(`${api.url}/images`, { headers: { origin: own } });
  expect(unauthorized.headers.get("access-control-allow-origin")).toBe(own);
});

test("a request without a token is a 401", async () => {
  const api = await serve("echo");
  const answer = await fetch(`${api.url}/images`);
  expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  expect(await messageOf(answer)).toEqual([401, { message: "Unauthorized" }]);
});

interface Token {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly alg?: string;
  readonly kid?: string | undefined;
  /** PEM */
  readonly key?: string;
}

const seconds = (from: number) => Math.floor(Date.now() / 1000) + from;
const GOOD = { iss: "https://imagefleet.invalid", aud: "imagefleet", sub: "anna" };

test.each<[string, number, Token]>([
  ["of this issuer", 200, {}],
  ["whose list of audiences has this one", 200, { claims: { aud: ["x", "imagefleet"] } }],
  [
    "that names the audience as client_id",
    200,
    { claims: { aud: undefined, client_id: "imagefleet" } },
  ],
  ["for another audience", 401, { claims: { aud: "x" } }],
  [
    "for another audience, whatever its client_id",
    401,
    { claims: { aud: "x", client_id: "imagefleet" } },
  ],
  ["of another issuer", 401, { claims: { iss: "https://other.example" } }],
  ["without an issuer", 401, { claims: { iss: undefined } }],
  ["that has expired", 401, { claims: { exp: seconds(-1) } }],
  ["that never expires", 401, { claims: { exp: undefined } }],
  ["that is not valid yet", 401, { claims: { nbf: seconds(3600) } }],
  ["that was issued in the future", 401, { claims: { iat: seconds(3600) } }],
  ["that names another key", 401, { kid: "other" }],
  ["that names no key", 401, { kid: undefined }],
  ["of another algorithm", 401, { alg: "PS256" }],
  [
    "signed by another key",
    401,
    {
      key: generateKeyPairSync("rsa", { modulusLength: 2048 })
        .privateKey.export({ type: "pkcs8", format: "pem" })
        .toString(),
    },
  ],
])("a token %s is a %i", async (_case, status, { claims, alg = "RS256", key, ...named }) => {
  const dataDir = await folder();
  const api = await serve("echo", { dataDir });
  const own = key ?? (await readFile(join(dataDir, "api-signing-key.pem"), "utf8"));
  const kid = "kid" in named ? named.kid : "local";
  const token = await new SignJWT({ ...GOOD, exp: seconds(3600), ...claims })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .sign(createPrivateKey(own));
  for (const authorization of [token, `Bearer ${token}`]) {
    const answer = await fetch(`${api.url}/images`, { headers: { authorization } });
    expect(answer.status).toBe(status);
  }
});

test.each(["", "x", "Bearer ", "Basic YTpi", "a.b.c"])("the header %j is a 401", async (given) => {
  const api = await serve("echo");
  const answer = await fetch(`${api.url}/images`, { headers: { authorization: given } });
  expect(answer.status).toBe(401);
});

test("the key is kept in the data folder, which only its owner can read", async () => {
  const dataDir = join(await folder(), "data");
  const first = await serve("echo", { dataDir });
  const authorization = await first.developmentToken("anna");
  const { mode } = await stat(join(dataDir, "api-signing-key.pem"));
  expect(mode & 0o777).toBe(0o600);
  const second = await serve("echo", { dataDir });
  const answer = await fetch(`${second.url}/images`, { headers: { authorization } });
  expect(answer.status).toBe(200);
});

test("a port that is in use is named", async () => {
  const api = await serve("echo");
  const port = Number(new URL(api.url).port);
  await expect(serve("echo", { port })).rejects.toThrow(PortTaken);
});

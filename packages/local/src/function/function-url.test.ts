import { request } from "node:http";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { Latch } from "./fixtures/latch.ts";
import {
  EDGE_MARK,
  type FunctionOptions,
  type FunctionUrlOptions,
  startFunction,
  startFunctionUrl,
} from "./index.ts";

const MIB = 1024 * 1024;
const FIXTURES = {
  streaming: new URL("./fixtures/streaming.ts", import.meta.url),
  handlers: new URL("./fixtures/handlers.ts", import.meta.url),
};

/** The base of a function's URL. */
async function serve(
  fixture: keyof typeof FIXTURES,
  exportName: string,
  changes: Partial<FunctionOptions> & Partial<FunctionUrlOptions> = {},
): Promise<string> {
  const { secret, invokeMode, ...options } = changes;
  const fn = startFunction({
    name: "under-test",
    handler: FIXTURES[fixture],
    exportName,
    memoryBytes: 256 * MIB,
    timeoutMs: 15_000,
    environment: {},
    // A response without a body has ended for the client before the invocation has.
    maximumConcurrency: 2,
    onLog: () => {},
    ...options,
  });
  onTestFinished(() => fn.stop());
  const more = { ...(secret && { secret }), ...(invokeMode && { invokeMode }) };
  const { url, close } = await startFunctionUrl({ fn, ...more });
  onTestFinished(close);
  return url;
}

/** Sends a path as it is, which `fetch` would normalize. */
function rawEvent(base: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(base, { path }, (response) => {
      json(response).then(resolve, reject);
    });
    asked.on("error", reject).end();
  });
}

test("the event has the payload format 2.0", async () => {
  const base = await serve("streaming", "handler");
  const answer = await fetch(`${base}/a%20b?x=1&x=2&y`, {
    headers: { "X-Two": "b", Cookie: "c=d; e=f" },
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    version: "2.0",
    routeKey: "$default",
    rawPath: "/a%20b",
    rawQueryString: "x=1&x=2&y",
    queryStringParameters: { x: "1,2", y: "" },
    cookies: ["c=d", "e=f"],
    headers: { "x-two": "b", host: new URL(base).host },
    requestContext: { http: { method: "GET", path: "/a%20b", sourceIp: "127.0.0.1" } },
    isBase64Encoded: false,
  });
});

test.each([
  ["/a/%2e%2E/%00%25/..//b", ""],
  ["/%", ""],
  ["/%FF%zz", "a=%"],
  ["/+%2B", "?"],
])("the path is as it was sent: %s", async (rawPath, query) => {
  const base = await serve("streaming", "handler");
  const path = query === "" ? rawPath : `${rawPath}?${query}`;
  expect(await rawEvent(base, path)).toMatchObject({ rawPath, rawQueryString: query });
});

test.each([
  ["text/plain; charset=utf-8", "ü", false],
  ["application/json", "ü", false],
  ["image/png", Buffer.from("ü").toString("base64"), true],
])("a body of %s is text or base64", async (type, body, isBase64Encoded) => {
  const base = await serve("streaming", "handler");
  const headers = { "content-type": type };
  const answer = await fetch(base, { method: "POST", headers, body: Buffer.from("ü") });
  expect(await answer.json()).toMatchObject({ body, isBase64Encoded });
});

test("a request of over 6 MB is refused", async () => {
  const base = await serve("streaming", "handler");
  const body = Buffer.alloc(6_291_557);
  expect((await fetch(base, { method: "POST", body })).status).toBe(413);
});

test("the prelude has status and headers, and a stream's length has another name", async () => {
  const base = await serve("streaming", "handler");
  const answer = await fetch(`${base}/teapot`);
  expect([answer.status, await answer.text()]).toEqual([418, "tea"]);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/x-tea",
    etag: '"t"',
    "x-amzn-remapped-content-length": "3",
    "transfer-encoding": "chunked",
  });
  expect(answer.headers.has("content-length")).toBe(false);
  const head = await fetch(`${base}/teapot`, { method: "HEAD" });
  expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([418, '"t"', ""]);
});

test("a stream without a prelude is 200 with its content type", async () => {
  const base = await serve("streaming", "handler");
  const answer = await fetch(`${base}/plain`);
  expect([answer.status, await answer.text()]).toEqual([200, "plain"]);
  expect(answer.headers.get("content-type")).toBe("text/plain");
});

test("an empty text sends the prelude, and an end with data does not", async () => {
  const base = await serve("streaming", "handler");
  const empty = await fetch(`${base}/empty`);
  expect([empty.status, empty.headers.get("etag")]).toEqual([304, '"e"']);
  const lost = await fetch(`${base}/no-write`);
  expect(lost.status).toBe(502);
});

test.each(["/throws", "/grows"])("an error before the first byte is a 502: %s", async (path) => {
  const base = await serve("streaming", "handler");
  const answer = await fetch(`${base}${path}`);
  expect([answer.status, await answer.text()]).toEqual([502, "Internal Server Error"]);
  expect((await fetch(`${base}/teapot`)).status).toBe(418);
});

test.each(["/throws-later", "/exits-later", "/never-ends"])(
  "an error after the first byte cuts the response: %s",
  async (path) => {
    const base = await serve("streaming", "handler", { timeoutMs: 1000 });
    const answer = await fetch(`${base}${path}`);
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow("terminated");
  },
);

test("a stream may have 200 MB, and is cut after them", async () => {
  const base = await serve("streaming", "handler", { memoryBytes: 512 * MIB, timeoutMs: 60_000 });
  const most = 200 * MIB - 4096;
  const whole = await fetch(`${base}/bytes/${most}`);
  expect((await whole.arrayBuffer()).byteLength).toBe(most);
  const more = await fetch(`${base}/bytes/${200 * MIB + 1}`);
  await expect(more.arrayBuffer()).rejects.toThrow("terminated");
}, 120_000);

test("a buffered response may have 6 MB", async () => {
  const base = await serve("streaming", "handler", { invokeMode: "BUFFERED" });
  const whole = await fetch(`${base}/bytes/${6_291_456}`);
  expect((await whole.arrayBuffer()).byteLength).toBe(6_291_456);
  expect((await fetch(`${base}/bytes/${6_291_557}`)).status).toBe(502);
});

test("a handler that returns is answered as it says", async () => {
  const base = await serve("streaming", "returns", { invokeMode: "BUFFERED" });
  const answer = await fetch(`${base}/there`);
  expect([answer.status, await answer.text()]).toEqual([201, "ü"]);
  expect(answer.headers.get("x-path")).toBe("/there");
  expect((await fetch(`${base}/too-large`)).status).toBe(502);
  const json = await fetch(`${base}/json`);
  expect([json.status, await json.json()]).toEqual([200, { plain: true }]);
});

test("a request beyond the function's concurrency is throttled", async () => {
  const latch = await Latch.start();
  onTestFinished(() => latch[Symbol.asyncDispose]());
  const base = await serve("handlers", "atUrlLatch", {
    environment: latch.environment,
    maximumConcurrency: 1,
  });
  const first = fetch(`${base}/first`);
  await latch.arrived(1);
  const second = await fetch(`${base}/second`);
  expect([second.status, await second.json()]).toEqual([429, { Message: "Rate Exceeded." }]);
  latch.open();
  expect((await first).status).toBe(200);
  const third = fetch(`${base}/third`);
  await latch.arrived(1);
  latch.open();
  expect((await third).status).toBe(200);
});

test("a request without the edge's mark is refused, and the function does not see the mark", async () => {
  const base = await serve("streaming", "handler", { secret: "s3cret" });
  for (const mark of [undefined, "", "s3cre7", "s3cret2"]) {
    const answer = await fetch(base, { headers: mark === undefined ? {} : { [EDGE_MARK]: mark } });
    expect([answer.status, await answer.json()]).toEqual([403, { Message: "Forbidden" }]);
  }
  const answer = await fetch(base, { headers: { [EDGE_MARK]: "s3cret" } });
  const text = await answer.text();
  expect(text).toContain("user-agent");
  expect(text).not.toContain(EDGE_MARK);
});

test("without the global, as Lambda's runtime has it by setting, the module fails", async () => {
  const environment = { AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: "1" };
  const base = await serve("streaming", "handler", { environment });
  expect((await fetch(base)).status).toBe(502);
});

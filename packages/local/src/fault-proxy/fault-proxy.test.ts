import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { finished } from "node:stream/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { byRates, type Decide, type Fault, FaultProxy } from "./index.ts";

/** What the server behind the proxy received; `whole` is false if the body ended early. */
interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly bytes: number;
  readonly whole: boolean;
}

let server: Server;
let proxy: FaultProxy;
const requests: ReceivedRequest[] = [];
/** The server's next responses. */
let body = Buffer.from("the answer");

beforeEach(async () => {
  requests.length = 0;
  body = Buffer.from("the answer");
  server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const whole = await finished(request).then(
      () => true,
      () => false,
    );
    requests.push({ method, url, bytes, whole });
    if (method === "DELETE") response.writeHead(204).end();
    else response.writeHead(200, { "content-length": body.length, etag: '"e"' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

async function start(decide: Decide): Promise<void> {
  const address = server.address();
  const port = typeof address === "object" && address?.port;
  proxy = await FaultProxy.start(`http://127.0.0.1:${port}`, decide);
}

const always = (fault: Fault | undefined) => start(() => fault);

async function get(path = "/bucket/key", init: RequestInit = {}): Promise<string> {
  const response = await fetch(proxy.endpoint + path, init);
  return `${response.status} ${await response.text()}`;
}

/** The code of the error that a call ends with, while its headers or its body are read. */
async function codeOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && "code" in cause ? cause.code : cause;
}

it("passes method, path, headers and bodies unchanged", async () => {
  await always(undefined);
  const response = await fetch(`${proxy.endpoint}/b/a%20b%2Fc+d//e?x=1`, {
    method: "PUT",
    body: "content",
  });
  expect(await response.text()).toBe("the answer");
  expect(response.headers.get("etag")).toBe('"e"');
  expect(requests).toEqual([
    { method: "PUT", url: "/b/a%20b%2Fc+d//e?x=1", bytes: 7, whole: true },
  ]);
  expect(proxy.calls).toBe(1);
  expect(Object.values(proxy.injected()).every((count) => count === 0)).toBe(true);
});

it("resets before the server receives anything", async () => {
  await always({ kind: "reset" });
  expect(await codeOf(get())).toBe("ECONNRESET");
  expect(requests).toEqual([]);
  expect(proxy.injected().reset).toBe(1);
});

it("drops the response after the server has acted", async () => {
  await always({ kind: "lostAnswer" });
  expect(await codeOf(get("/b/k", { method: "PUT", body: "content" }))).toBe("ECONNRESET");
  expect(requests).toMatchObject([{ bytes: 7, whole: true }]);
  expect(proxy.injected().lostAnswer).toBe(1);
});

it("cuts the response's body and keeps its Content-Length", async () => {
  await always({ kind: "cutResponse" });
  const response = await fetch(`${proxy.endpoint}/b/k`);
  expect(response.headers.get("content-length")).toBe("10");
  const got: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of response.body ?? []) got.push(chunk);
  })();
  await expect(reading).rejects.toThrow("terminated");
  expect(Buffer.concat(got).toString()).toBe("the a");
  expect(proxy.injected().cutResponse).toBe(1);
});

it.each(["HEAD", "DELETE"])(
  "drops the response to a %s, which has no body to cut",
  async (method) => {
    await always({ kind: "cutResponse" });
    expect(await codeOf(get("/b/k", { method }))).toBe("ECONNRESET");
    expect(requests).toHaveLength(1);
    expect(proxy.injected()).toMatchObject({ cutResponse: 0, lostAnswer: 1 });
  },
);

it("cuts the request's body, and the server sees it cut off", async () => {
  await always({ kind: "cutRequest" });
  const content = Buffer.alloc(300_000);
  expect(await codeOf(get("/b/k", { method: "PUT", body: content }))).toBeDefined();
  await expect.poll(() => requests).toMatchObject([{ method: "PUT", whole: false }]);
  expect(requests[0]?.bytes).toBeLessThanOrEqual(150_000);
  await expect.poll(() => proxy.injected().cutRequest).toBe(1);
  await codeOf(get());
  expect(proxy.injected()).toMatchObject({ cutRequest: 1, reset: 1 });
});

it.each([
  ["InternalError", 500],
  ["SlowDown", 503],
  ["TooManyRequests", 429],
] as const)("answers %s with the errors of S3 and SQS", async (kind, status) => {
  await always({ kind });
  expect(await get("/b/k", { method: "PUT", body: "x".repeat(200_000) })).toContain(
    `${status} <?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${kind}</Code>`,
  );
  expect(await get("/b/k", { method: "HEAD" })).toBe(`${status} `);
  const headers = { "x-amz-target": "AmazonSQS.SendMessage" };
  expect(await get("/", { method: "POST", headers, body: "{}" })).toMatch(
    new RegExp(`^${status} \\{"__type":"com.amazonaws.sqs#`),
  );
  expect(requests).toEqual([]);
  expect(proxy.injected()[kind]).toBe(3);
});

it.each([
  ["InternalError", "InternalServerError", 500, "InternalError", 500],
  ["SlowDown", "ProvisionedThroughputExceededException", 400, "ServiceUnavailable", 503],
  ["TooManyRequests", "ThrottlingException", 400, "ThrottlingException", 400],
  ["AccessDenied", "AccessDeniedException", 400, "AuthorizationError", 403],
] as const)(
  "answers %s as %s of DynamoDB, %i, and as %s of SNS, %i",
  async (kind, ofDynamo, dynamoStatus, ofSns, snsStatus) => {
    await always({ kind });
    const headers = { "x-amz-target": "DynamoDB_20120810.GetItem" };
    expect(await get("/", { method: "POST", headers, body: "{}" })).toMatch(
      new RegExp(`^${dynamoStatus} \\{"__type":"com.amazonaws.dynamodb.v20120810#${ofDynamo}"`),
    );
    const form = new URLSearchParams({ Action: "Publish", Message: "hello" });
    expect(await get("/", { method: "POST", body: form })).toContain(
      `${snsStatus} <?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Code>${ofSns}</Code>`,
    );
    expect(requests).toEqual([]);
  },
);

it("returns IAM's error for a call that is not allowed, and does not count it as a fault", async () => {
  await always({ kind: "AccessDenied" });
  expect(await get("/b/k")).toContain("<Error><Code>AccessDenied</Code>");
  const headers = { "x-amz-target": "AmazonSQS.SendMessage" };
  expect(await get("/", { method: "POST", headers, body: "{}" })).toMatch(
    /^403 \{"__type":"com.amazonaws.sqs#AccessDenied"/,
  );
  expect(requests).toEqual([]);
  expect(Object.values(proxy.injected()).every((count) => count === 0)).toBe(true);
});

it("reports every call before it is passed on", async () => {
  const seen: unknown[] = [];
  const address = server.address();
  const port = typeof address === "object" && address?.port;
  const refused = () => ({ kind: "reset" }) as const;
  const target = `http://127.0.0.1:${port}`;
  proxy = await FaultProxy.start(target, refused, async (call, { headers, url }, read) => {
    seen.push(call.operation, url, headers["if-match"], await read());
  });
  const init = { method: "PUT", body: "content", headers: { "if-match": '"e"' } };
  expect(await codeOf(get("/b/k?x=1", init))).toBe("ECONNRESET");
  expect(seen).toEqual(["PutObject", "/b/k?x=1", '"e"', "content"]);
});

it("passes a call after a delay", async () => {
  const mayHaveRun = performance.now();
  await always({ kind: "delay", ms: 60 });
  expect(await get()).toBe("200 the answer");
  expect(performance.now() - mayHaveRun).toBeGreaterThan(55);
});

it("returns a given response, and gives the request's body to the decision", async () => {
  const calls: unknown[] = [];
  await start(async (call, read) => {
    calls.push(call, await read());
    return calls.length > 2 ? undefined : { kind: "answer", json: { Messages: [] } };
  });
  const headers = { "x-amz-target": "AmazonSQS.ReceiveMessage" };
  const ask = () => get("/", { method: "POST", headers, body: "asked" });
  expect(await ask()).toBe('200 {"Messages":[]}');
  expect(await ask()).toBe("200 the answer");
  expect(calls.slice(0, 2)).toEqual([
    { service: "sqs", operation: "ReceiveMessage", path: "/" },
    "asked",
  ]);
  expect(requests).toMatchObject([{ bytes: 5, whole: true }]);
});

it("streams both ways: each half of a body arrives before the other is sent", async () => {
  await always(undefined);
  const half = Buffer.alloc(1024 * 1024, 7);
  let arrived = 0;
  let answered = 0;
  const more = Promise.withResolvers<void>();
  server.removeAllListeners("request");
  server.on("request", async (request: IncomingMessage, response) => {
    for await (const bytes of request) arrived += bytes.length;
    response.writeHead(200, { "content-length": half.length * 2 }).write(half);
    await more.promise;
    response.end(half);
  });
  const sent = httpRequest(`${proxy.endpoint}/b/k`, { method: "PUT" });
  const answer = Promise.withResolvers<IncomingMessage>();
  sent.once("response", answer.resolve).write(half);
  await expect.poll(() => arrived).toBe(half.length);
  sent.end(half);
  const response = await answer.promise;
  response.on("data", (bytes: Buffer) => {
    answered += bytes.length;
  });
  await expect.poll(() => answered).toBe(half.length);
  more.resolve();
  await finished(response);
  expect([arrived, answered]).toEqual([half.length * 2, half.length * 2]);
});

it("ends the server's request when the client disconnects", async () => {
  await always(undefined);
  server.removeAllListeners("request");
  const mayHaveRun = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  server.on("request", (_request, response) => {
    response.once("close", () => gone.resolve());
    mayHaveRun.resolve();
  });
  const leaving = new AbortController();
  const asked = codeOf(fetch(`${proxy.endpoint}/b/k`, { signal: leaving.signal }));
  await mayHaveRun.promise;
  leaving.abort();
  await gone.promise;
  await asked;
});

it("uses the SDK's names of operations", async () => {
  const names: string[] = [];
  await start(({ service, operation }) => {
    names.push(`${service}.${operation}`);
    return undefined;
  });
  const calls = [
    ["GET", "/b/k"],
    ["PUT", "/b/k"],
    ["HEAD", "/b/k"],
    ["DELETE", "/b/k/l"],
    ["POST", "/b?delete"],
    ["GET", "/b/?list-type=2"],
    ["POST", "/b/k?uploads"],
    ["PUT", "/b/k?partNumber=1&uploadId=u"],
    ["POST", "/b/k?uploadId=u"],
    ["PUT", "/b?notification"],
  ] as const;
  for (const [method, path] of calls) await get(path, { method });
  await get("/b/k", { method: "PUT", headers: { "x-amz-copy-source": "b/other" } });
  for (const target of ["DynamoDB_20120810.PutItem", "AWSEvents.PutEvents"]) {
    await get("/", { method: "POST", headers: { "x-amz-target": target }, body: "{}" });
  }
  const form = new URLSearchParams({ Action: "Publish", Message: "hello" });
  await get("/", { method: "POST", body: form });
  await get("/b", { method: "POST", body: form });
  expect(requests.at(-2)).toMatchObject({ bytes: form.toString().length, whole: true });
  expect(names).toEqual([
    "s3.GetObject",
    "s3.PutObject",
    "s3.HeadObject",
    "s3.DeleteObject",
    "s3.DeleteObjects",
    "s3.ListObjectsV2",
    "s3.CreateMultipartUpload",
    "s3.UploadPart",
    "s3.CompleteMultipartUpload",
    "s3.PutBucketNotificationConfiguration",
    "s3.CopyObject",
    "dynamodb.PutItem",
    "events.PutEvents",
    "sns.Publish",
    "s3.PostObject",
  ]);
});

const fates = async (decide: Decide, operation: string, count: number) => {
  const call = { service: "s3", operation, path: "/b/k" } as const;
  const kinds: (string | undefined)[] = [];
  for (let nth = 0; nth < count; nth++) {
    kinds.push((await decide(call, () => Promise.resolve("")))?.kind);
  }
  return kinds;
};

it("draws faults at their rates by seed and operation, in any order of operations", async () => {
  await always(undefined);
  const rates = { reset: 0.1, SlowDown: 0.2, delay: 0.05 };
  const puts = await fates(byRates({ seed: 1, rates }), "PutObject", 20_000);
  const share = (kind: string) => puts.filter((each) => each === kind).length / puts.length;
  expect(share("reset")).toBeCloseTo(0.1, 2);
  expect(share("SlowDown")).toBeCloseTo(0.2, 2);
  expect(share("delay")).toBeCloseTo(0.05, 2);

  const mixed = byRates({ seed: 1, rates });
  const again: (string | undefined)[] = [];
  for (let nth = 0; nth < 50; nth++) {
    await fates(mixed, "GetObject", nth % 3);
    again.push(...(await fates(mixed, "PutObject", 1)));
  }
  expect(again).toEqual(puts.slice(0, 50));
  expect(await fates(byRates({ seed: 2, rates }), "PutObject", 50)).not.toEqual(again);
});

it("prefers an operation's rates to its service's, and rejects an unknown one", async () => {
  await always(undefined);
  const only = { s3: { reset: 1 }, "s3.PutObject": { SlowDown: 1 } };
  const decide = byRates({ seed: 1, rates: {}, only });
  expect(await fates(decide, "PutObject", 2)).toEqual(["SlowDown", "SlowDown"]);
  expect(await fates(decide, "GetObject", 1)).toEqual(["reset"]);
  expect(() => byRates({ seed: 1, rates: { reset: 0.6, SlowDown: 0.6 } })).toThrow("rates is");
  expect(() => byRates({ seed: 1, rates: {}, only: { s3: { reset: -1 } } })).toThrow("s3 is");
});

it("follows the calls that the server receives whole, with the status of its answer", async () => {
  const seen: unknown[] = [];
  const faults: (Fault | undefined)[] = [
    undefined,
    { kind: "lostAnswer" },
    { kind: "SlowDown" },
    { kind: "reset" },
    { kind: "cutRequest" },
  ];
  await start(() => faults.shift());
  proxy.follow = async ({ operation }, _request, read) => {
    const sent = await read();
    return (status) => void seen.push([operation, sent, status]);
  };
  for (const _each of [...faults]) {
    await codeOf(get("/b/k", { method: "PUT", body: "content" }));
  }
  expect(seen).toEqual([
    ["PutObject", "content", 200],
    ["PutObject", "content", 200],
  ]);

  // The connection ends before the server has answered.
  server.closeAllConnections();
  server.removeAllListeners("request");
  server.on("request", (request) => request.socket.destroy());
  await codeOf(get("/b/k", { method: "DELETE" }));
  await expect.poll(() => seen.at(-1)).toEqual(["DeleteObject", "", undefined]);
});

import { describe, expect, it, test } from "vitest";
import {
  answering,
  type Got,
  getRaw,
  type Handler,
  MARK,
  PASS,
  TestEdge,
} from "./fixtures/edge.ts";
import { ORIGIN_MS } from "./index.ts";

const DAY = 86_400;
const cached = (seconds: number) => ({ "cache-control": `public, max-age=${seconds}` });
const xCache = ({ headers }: Got) => headers["x-cache"]?.replace(" from cloudfront", "");

describe("the origin group", () => {
  it("answers what S3 has, and signs the request", async () => {
    const edge = await TestEdge.start({ s3: answering(200, {}, "stored") });
    const got = await edge.get("/a%20b/%C3%BC.jpg?v=00000000&x=1");
    expect([got.status, got.body, xCache(got)]).toEqual([200, "stored", "Miss"]);
    expect(edge.made.requests).toHaveLength(0);
    const [asked] = edge.s3.requests;
    // The query is the cache key's: `v` alone.
    expect(asked?.url).toBe("/bucket/a%20b/%C3%BC.jpg?v=00000000");
    expect(asked?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=edge\//);
  });

  it("asks the function URL for what S3 does not have, with the mark and no header of the viewer", async () => {
    const edge = await TestEdge.start({ made: answering(200, {}, "made") });
    const got = await edge.get("/a/../%2e%2E/b", { accept: "image/avif", cookie: "a=b" });
    expect([got.status, got.body]).toEqual([200, "made"]);
    const [asked] = edge.made.requests;
    expect(asked?.url).toBe("/a/../%2e%2E/b");
    expect(asked?.headers).toEqual({
      "x-imagefleet-edge": MARK,
      host: new URL(edge.made.url).host,
      connection: "keep-alive",
    });
  });

  it.each([403, 400, 416, 500, 502, 503, 504])("does not fail over on %d", async (status) => {
    const edge = await TestEdge.start({ s3: answering(status), made: answering(200) });
    const got = await edge.get("/a");
    expect([got.status, got.body, xCache(got)]).toEqual([status, `${status}`, "Error"]);
    expect(edge.made.requests).toHaveLength(0);
  });

  it("answers 502 for an origin that cannot be reached, and 504 for one that is silent", async () => {
    const dead: Handler = (asked) => asked.socket.destroy();
    const edge = await TestEdge.start({ s3: dead });
    expect((await edge.get("/dead")).status).toBe(502);
    expect(edge.made.requests).toHaveLength(0);
    const impatient = await TestEdge.start({ s3: () => {} }, { originTimeoutMs: 50 });
    expect((await impatient.get("/silent")).status).toBe(504);
    expect(impatient.made.requests).toHaveLength(0);
  });

  it("asks again on another connection where the origin has closed the one that was kept", async () => {
    const used = new Set<unknown>();
    const closing: Handler = (asked, answer) => {
      if (used.has(asked.socket)) asked.socket.destroy();
      else answering(200)(asked, answer);
      used.add(asked.socket);
    };
    const edge = await TestEdge.start({ s3: closing });
    expect((await edge.get("/a")).status).toBe(200);
    expect((await edge.get("/b")).status).toBe(200);
    expect(used.size).toBe(2);
  });

  it("answers what the second origin answers", async () => {
    const edge = await TestEdge.start({ made: answering(503) });
    expect((await edge.get("/a")).status).toBe(503);
    edge.made.handler = answering(429);
    expect((await edge.get("/b")).status).toBe(429);
  });

  it.each([502, 503, 504, 429])(
    "answers %d of the function for a second at most",
    async (status) => {
      const edge = await TestEdge.start({ made: answering(status) });
      expect((await edge.get("/a")).status).toBe(status);
      edge.made.handler = answering(200, cached(60), "made");
      edge.pass(1);
      const got = await edge.get("/a");
      expect([got.status, got.body]).toEqual([200, "made"]);
    },
  );

  it("passes on what a cut answer has, cuts it too, and does not keep it", async () => {
    const cut: Handler = (_asked, answer) => {
      answer.writeHead(200, cached(DAY));
      answer.write("half", () => answer.destroy());
    };
    const edge = await TestEdge.start({ s3: cut });
    await expect(edge.get("/a")).rejects.toThrow("aborted");
    edge.s3.handler = answering(200, cached(DAY), "whole");
    const got = await edge.get("/a");
    expect([got.body, xCache(got)]).toEqual(["whole", "Miss"]);
  });
});

describe("the time in the cache", () => {
  test.each<[string, number, Record<string, string>, number]>([
    ["max-age", 200, cached(60), 60],
    ["s-maxage before max-age", 200, { "cache-control": "max-age=60, s-maxage=90" }, 90],
    ["a quoted number", 200, { "cache-control": 'max-age="60"' }, 60],
    ["the default, a day", 200, {}, DAY],
    ["the default, with another directive", 200, { "cache-control": "public" }, DAY],
    ["at most a year", 200, cached(2 * 31_536_000), 31_536_000],
    ["Expires", 200, { expires: "Thu, 26 Nov 2026 00:01:00 GMT" }, 60],
    [
      "max-age before Expires",
      200,
      { ...cached(60), expires: "Thu, 26 Nov 2020 00:00:00 GMT" },
      60,
    ],
    ["Expires that is no date", 200, { expires: "never" }, 0],
    ["no-store", 200, { "cache-control": "no-store, max-age=60" }, 0],
    ["private", 200, { "cache-control": "private, max-age=60" }, 0],
    ["no-cache", 200, { "cache-control": "no-cache, max-age=60" }, 0],
    ["Vary: *", 200, { ...cached(60), vary: "*" }, 0],
    ["a 404: none", 404, {}, 0],
    ["a 404 with max-age", 404, cached(60), 60],
    ["a 404 that forbids it", 404, { "cache-control": "no-store, max-age=60" }, 0],
    ["a 410 that forbids it", 410, { "cache-control": "private" }, 0],
    ["a 410", 410, {}, 10],
    ["a 503: a second", 503, {}, 1],
    ["a 503: also with no-store", 503, { "cache-control": "no-store" }, 1],
    ["a 500 with max-age", 500, cached(60), 60],
    ["a 501 that forbids it", 501, { "cache-control": "no-cache" }, 0],
    ["a 403: none", 403, {}, 0],
    ["a 403 with max-age", 403, cached(60), 60],
    ["a 403 with a short max-age", 403, cached(1), 10],
    ["a 429: none", 429, cached(60), 0],
    ["a 416: none", 416, cached(60), 0],
  ])("%s", async (_rule, status, headers, seconds) => {
    // A 404 of S3 is answered by the function URL.
    const edge = await TestEdge.start({
      s3: status === 404 ? answering(404) : answering(status, headers),
      made: answering(status, headers),
    });
    const asked = () => edge.s3.requests.length;
    await edge.get("/a");
    if (seconds > 0) {
      edge.pass(seconds - 0.001);
      const hit = await edge.get("/a");
      expect([hit.status, asked()]).toEqual([status, 1]);
      expect(xCache(hit)).toBe(status >= 400 ? "Error" : "Hit");
      if (status < 400) expect(hit.headers["age"]).toBe(String(Math.floor(seconds - 0.001)));
      edge.pass(0.001);
    }
    await edge.get("/a");
    expect(asked()).toBe(2);
  });

  it("has one entry for a path and its v, and none for other queries", async () => {
    const edge = await TestEdge.start({ s3: answering(200, cached(DAY)) });
    const results: (string | undefined)[] = [];
    for (const path of ["/a", "/a?v=1", "/a?x=1", "/a?v=2", "/a?x=2&v=1", "/b", "/%61"]) {
      results.push(xCache(await edge.get(path)));
    }
    expect(results).toEqual(["Miss", "Miss", "Hit", "Miss", "Hit", "Miss", "Miss"]);
  });

  it("forgets what was used least recently when the cache is full", async () => {
    const edge = await TestEdge.start(
      { s3: answering(200, cached(DAY), "x".repeat(400)) },
      { cacheBytes: 1000 },
    );
    for (const path of ["/a", "/b", "/a", "/c"]) await edge.get(path);
    expect(xCache(await edge.get("/a"))).toBe("Hit");
    expect(xCache(await edge.get("/b"))).toBe("Miss");
  });
});

describe("what has expired", () => {
  const named = { ...cached(60), etag: '"1"' };

  it("is confirmed by a 304 of S3, and fresh again", async () => {
    const edge = await TestEdge.start({ s3: answering(200, named, "stored") });
    await edge.get("/a");
    edge.pass(60);
    edge.s3.handler = answering(304, { etag: '"1"' });
    const got = await edge.get("/a", { "if-none-match": '"other"' });
    expect([got.status, got.body, xCache(got)]).toEqual([200, "stored", "RefreshHit"]);
    expect(edge.s3.requests.at(-1)?.headers["if-none-match"]).toBe('"1"');
    edge.pass(59);
    const hit = await edge.get("/a");
    expect([xCache(hit), hit.headers["age"], hit.headers["cache-control"]]).toEqual([
      "Hit",
      "59",
      "public, max-age=60",
    ]);
  });

  it("is confirmed by Last-Modified where there is no ETag", async () => {
    const at = "Wed, 25 Nov 2026 00:00:00 GMT";
    const edge = await TestEdge.start({
      s3: answering(200, { ...cached(60), "last-modified": at }),
    });
    await edge.get("/a");
    edge.pass(60);
    await edge.get("/a");
    expect(edge.s3.requests.at(-1)?.headers["if-modified-since"]).toBe(at);
  });

  it("of the function URL is confirmed by S3, which has it meanwhile", async () => {
    const edge = await TestEdge.start({ made: answering(200, named, "made") });
    await edge.get("/a");
    edge.pass(60);
    edge.s3.handler = answering(304, { etag: '"1"' });
    const got = await edge.get("/a");
    expect([got.body, xCache(got), edge.made.requests.length]).toEqual(["made", "RefreshHit", 1]);
  });

  it("is used while the origins fail, and asked for once a second", async () => {
    const edge = await TestEdge.start({ s3: answering(200, named, "stored") });
    await edge.get("/a");
    edge.pass(60);
    edge.s3.handler = answering(503);
    for (let n = 0; n < 3; n++) {
      const got = await edge.get("/a");
      expect([got.status, got.body, xCache(got)]).toEqual([200, "stored", "Hit"]);
    }
    expect(edge.s3.requests).toHaveLength(2);
    edge.pass(1);
    await edge.get("/a");
    expect(edge.s3.requests).toHaveLength(3);
  });

  it("is not used longer than stale-if-error says", async () => {
    const headers = { "cache-control": "max-age=60, stale-if-error=10", etag: '"1"' };
    const edge = await TestEdge.start({ s3: answering(200, headers) });
    await edge.get("/a");
    edge.s3.handler = answering(503);
    edge.pass(69);
    expect((await edge.get("/a")).status).toBe(200);
    edge.pass(1);
    expect((await edge.get("/a")).status).toBe(503);
  });

  it("gives way to a 404", async () => {
    const edge = await TestEdge.start({ s3: answering(200, named) });
    await edge.get("/a");
    edge.pass(60);
    edge.s3.handler = answering(404);
    expect((await edge.get("/a")).status).toBe(404);
    edge.s3.handler = answering(503);
    expect((await edge.get("/a")).status).toBe(503);
  });

  it("says how long its request to the origin took, and the response's function does not see it", async () => {
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const s3: Handler = (request, response) => {
      asked.resolve();
      void released.promise.then(() => answering(200, cached(60))(request, response));
    };
    const response = `function handler({ response }) {
      response.headers["x-seen"] = { value: Object.keys(response.headers).join() };
      return response;
    }`;
    const edge = await TestEdge.start({ s3 }, { functions: { ...PASS, response } });
    const all = [edge.get("/a"), edge.get("/a")];
    await asked.promise;
    const from = performance.now();
    await expect.poll(() => edge.lookups).toBe(2);
    const waited = performance.now() - from;
    released.resolve();
    const [first, ...others] = await Promise.all([
      ...all,
      Promise.all(all).then(() => edge.get("/a")),
    ]);
    expect(Number(first?.headers[ORIGIN_MS])).toBeGreaterThanOrEqual(waited);
    for (const { headers } of others) expect(headers[ORIGIN_MS]).toBe(first?.headers[ORIGIN_MS]);
    expect(first?.headers["x-seen"]).not.toContain(ORIGIN_MS);
  });

  it("is answered at once and replaced in the background within stale-while-revalidate", async () => {
    const headers = { "cache-control": "max-age=60, stale-while-revalidate=10" };
    const edge = await TestEdge.start({ s3: answering(200, headers, "old") });
    await edge.get("/a");
    edge.pass(69);
    const answers: (() => void)[] = [];
    const asked = Promise.withResolvers<void>();
    edge.s3.handler = (request, response) => {
      answers.push(() => answering(200, headers, "new")(request, response));
      asked.resolve();
    };
    for (let n = 0; n < 3; n++) {
      const got = await edge.get("/a");
      expect([got.body, xCache(got)]).toEqual(["old", "Hit"]);
    }
    await asked.promise;
    expect(answers).toHaveLength(1);
    for (const answer of answers) answer();
    await expect.poll(async () => (await edge.get("/a")).body).toBe("new");
    edge.pass(70);
    edge.s3.handler = answering(200, headers, "newest");
    expect((await edge.get("/a")).body).toBe("newest");
  });
});

describe("requests at the same time", () => {
  /** A handler that answers when all requests have reached the edge. */
  function held(answer: Handler): { handler: Handler; release: () => void } {
    const released = Promise.withResolvers<void>();
    const handler: Handler = (request, response) =>
      void released.promise.then(() => answer(request, response));
    return { handler, release: released.resolve };
  }

  it("for one cold key lead to one request to each origin", async () => {
    const { handler, release } = held(answering(200, cached(60), "made"));
    const edge = await TestEdge.start({ made: handler });
    const all = Promise.all(Array.from({ length: 100 }, () => edge.get("/a")));
    await expect.poll(() => edge.lookups, { timeout: 10_000 }).toBe(100);
    release();
    const got = await all;
    const answers = new Set(got.map(({ status, body }) => `${status} ${body}`));
    expect(answers).toEqual(new Set(["200 made"]));
    expect([edge.s3.requests.length, edge.made.requests.length]).toEqual([1, 1]);
    expect(got.filter((each) => xCache(each) === "Miss")).toHaveLength(1);
    expect(got.filter((each) => xCache(each) === "Hit")).toHaveLength(99);
  });

  it("share what may not be cached, and the next one asks again", async () => {
    const { handler, release } = held(answering(200, { "cache-control": "no-store" }));
    const edge = await TestEdge.start({ s3: handler });
    const all = Promise.all(Array.from({ length: 10 }, () => edge.get("/a")));
    await expect.poll(() => edge.lookups, { timeout: 10_000 }).toBe(10);
    release();
    await all;
    expect(edge.s3.requests).toHaveLength(1);
    await edge.get("/a");
    expect(edge.s3.requests).toHaveLength(2);
  });

  it("for two versions are two requests", async () => {
    const edge = await TestEdge.start({ s3: answering(200, cached(60)) });
    await Promise.all([edge.get("/a?v=1"), edge.get("/a?v=2")]);
    expect(edge.s3.requests).toHaveLength(2);
  });
});

describe("invalidation", () => {
  const held = ["/hero/a.jpg", "/hero/a.jpg?v=1", "/hero/ab.jpg", "/thumb/a.jpg"];

  test.each<[string, string[]]>([
    ["/hero/a.jpg", ["/hero/a.jpg"]],
    ["/hero/a.jpg?v=1", ["/hero/a.jpg?v=1"]],
    ["/hero/a.jpg*", ["/hero/a.jpg", "/hero/a.jpg?v=1"]],
    ["/hero/a*", ["/hero/a.jpg", "/hero/a.jpg?v=1", "/hero/ab.jpg"]],
    ["/*", held],
    ["/hero", []],
    ["/HERO/a.jpg", []],
  ])("of %s removes %j", async (path, removed) => {
    const edge = await TestEdge.start({ s3: answering(200, cached(60)) });
    for (const each of held) await edge.get(each);
    edge.invalidate(path);
    for (const each of held) {
      expect([each, xCache(await edge.get(each))]).toEqual([
        each,
        removed.includes(each) ? "Miss" : "Hit",
      ]);
    }
  });

  it("also of an answer that is on its way: it is neither kept nor given to later requests", async () => {
    const asked = Promise.withResolvers<() => void>();
    const edge = await TestEdge.start({
      s3: (request, response) =>
        asked.resolve(() => answering(200, cached(60), "old")(request, response)),
    });
    const first = edge.get("/a");
    const answer = await asked.promise;
    edge.invalidate("/a");
    edge.s3.handler = answering(200, cached(60), "new");
    expect((await edge.get("/a")).body).toBe("new");
    answer();
    expect((await first).body).toBe("old");
    expect((await edge.get("/a")).body).toBe("new");
  });
});

describe("a viewer", () => {
  const stored = { ...cached(60), etag: '"1"', "content-type": "image/jpeg" };
  const body = "0123456789";

  test.each<[string, number, string, string?]>([
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=8-", 206, "89", "bytes 8-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=-20", 206, body, "bytes 0-9/10"],
    ["bytes=8-20", 206, "89", "bytes 8-9/10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=-0", 416, "", "bytes */10"],
    ["bytes=4-2", 200, body],
    ["bytes=a-b", 200, body],
    ["bytes=-", 200, body],
    ["lines=0-1", 200, body],
    ["bytes=4-5,0-1", 200, body],
    ["bytes=0-4,2-6", 200, body],
  ])("gets the range %s as %d, on a miss and on a hit", async (range, status, part, content) => {
    const edge = await TestEdge.start({ s3: answering(200, stored, body) });
    for (const result of ["Miss", "Hit"]) {
      const got = await edge.get("/a", { range });
      expect([got.status, got.body, got.headers["content-range"]]).toEqual([status, part, content]);
      expect(got.headers["content-length"]).toBe(String(part.length));
      expect(xCache(got)).toBe(result);
    }
    expect((await edge.get("/a")).body).toBe(body);
  });

  it("gets several ranges as parts", async () => {
    const edge = await TestEdge.start({ s3: answering(200, stored, body) });
    const got = await edge.get("/a", { range: "bytes=0-1, 4-5, 20-" });
    const [, boundary = "-"] = /boundary=(.*)$/.exec(got.headers["content-type"] ?? "") ?? [];
    const types = "content-type: image/jpeg\r\ncontent-range: bytes";
    expect(got.status).toBe(206);
    expect(got.body.split(`--${boundary}`).map((each) => each.trim())).toEqual([
      "",
      `${types} 0-1/10\r\n\r\n01`,
      `${types} 4-5/10\r\n\r\n45`,
      "--",
    ]);
  });

  it("gets a range only of the content that If-Range names", async () => {
    const edge = await TestEdge.start({ s3: answering(200, stored, body) });
    const range = "bytes=0-1";
    expect((await edge.get("/a", { range, "if-range": '"1"' })).body).toBe("01");
    expect((await edge.get("/a", { range, "if-range": '"2"' })).body).toBe(body);
  });

  it("gets all of a stream that it asks a range of, and the range from the cache", async () => {
    const edge = await TestEdge.start({
      s3: (_asked, answer) => void answer.writeHead(200, stored).end(body),
    });
    const range = "bytes=0-1";
    const miss = await edge.get("/a", { range });
    expect([miss.status, miss.body, miss.headers["transfer-encoding"]]).toEqual([
      200,
      body,
      "chunked",
    ]);
    const hit = await edge.get("/a", { range });
    expect([hit.status, hit.body]).toEqual([206, "01"]);
  });

  test.each<[Record<string, string>, number]>([
    [{ "if-none-match": '"1"' }, 304],
    [{ "if-none-match": '"0", W/"1"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"2"' }, 200],
    [{ "if-modified-since": "Thu, 26 Nov 2026 00:00:00 GMT" }, 304],
    [{ "if-modified-since": "Tue, 24 Nov 2026 00:00:00 GMT" }, 200],
    [{ "if-modified-since": "no date" }, 200],
    [{ "if-none-match": '"2"', "if-modified-since": "Thu, 26 Nov 2026 00:00:00 GMT" }, 200],
    [{ "if-none-match": '"1"', range: "bytes=0-1" }, 304],
  ])("with %j gets %d, on a miss and on a hit", async (headers, status) => {
    const at = "Wed, 25 Nov 2026 00:00:00 GMT";
    const edge = await TestEdge.start({
      s3: answering(200, { ...stored, "last-modified": at }, body),
    });
    for (const result of ["Miss", "Hit"]) {
      const got = await edge.get("/a", headers);
      expect([got.status, xCache(got), got.body]).toEqual([
        status,
        result,
        status === 304 ? "" : body,
      ]);
      expect(got.headers).toMatchObject({ etag: '"1"', "cache-control": "public, max-age=60" });
      expect("content-length" in got.headers).toBe(status !== 304);
    }
    expect(edge.s3.requests).toHaveLength(1);
    expect(edge.s3.requests[0]?.headers).not.toHaveProperty("if-none-match");
  });

  it("gets the headers of a HEAD from a cached GET, and else from the origins", async () => {
    const edge = await TestEdge.start({ s3: answering(404), made: answering(200, stored, body) });
    const cold = await edge.get("/a", {}, "HEAD");
    expect([cold.status, cold.body, xCache(cold)]).toEqual([200, "", "Miss"]);
    expect(cold.headers["content-length"]).toBe("10");
    expect(edge.made.requests[0]?.method).toBe("HEAD");
    expect(xCache(await edge.get("/a", {}, "HEAD"))).toBe("Hit");
    // No body is cached of it.
    const whole = await edge.get("/a");
    expect([whole.body, xCache(whole)]).toEqual([body, "Miss"]);
    await edge.get("/b");
    expect(xCache(await edge.get("/b", {}, "HEAD"))).toBe("Hit");
    expect(edge.made.requests.map(({ method }) => method)).toEqual(["HEAD", "GET", "GET"]);
  });

  test.each(["OPTIONS", "POST", "PUT", "DELETE", "PATCH"])(
    "that sends %s is refused",
    async (method) => {
      const edge = await TestEdge.start({ s3: answering(200) });
      const got = await edge.get("/a", {}, method);
      expect([got.status, xCache(got), edge.s3.requests.length]).toEqual([403, "Error", 0]);
    },
  );

  it("that sends a body, an address or headers that are too long is refused", async () => {
    const edge = await TestEdge.start({ s3: answering(200) });
    expect(
      (await getRaw(edge.url, "/a", { headers: { "content-length": "1" }, body: "x" })).status,
    ).toBe(403);
    expect((await edge.get(`/${"a".repeat(8191)}`)).status).toBe(200);
    expect((await edge.get(`/${"a".repeat(8192)}`)).status).toBe(414);
    expect((await edge.get("/a", { accept: "a".repeat(20_480) })).status).toBe(494);
    expect(edge.s3.requests).toHaveLength(1);
  });

  it("that names another host is refused, as after a DNS rebinding", async () => {
    const edge = await TestEdge.start({ s3: answering(200) });
    const { port } = new URL(edge.url);
    for (const host of ["photos.evil.example", `photos.evil.example:${port}`, "127.0.0.1"]) {
      expect((await edge.get("/a", { host })).status).toBe(403);
    }
    expect((await edge.get("/a", { host: `localhost:${port}` })).status).toBe(200);
  });

  it("gets the policy's headers, and no header of one connection or of the origins' Vary", async () => {
    const edge = await TestEdge.start({
      s3: answering(200, {
        ...stored,
        "set-cookie": "a=b",
        vary: "Accept, Accept-Encoding",
        "access-control-allow-origin": "*",
      }),
    });
    const { headers } = await edge.get("/a", { origin: "http://page.example" });
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      vary: "Accept-Encoding",
      etag: '"1"',
      via: "1.1 local.cloudfront.net (CloudFront)",
    });
    expect(headers).not.toHaveProperty("set-cookie");
  });

  test.each([
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "cross-site", referer: "http://other.example/a" }, 403],
    [{ "sec-fetch-site": "cross-site", origin: "http://other.example" }, 403],
    [{ "sec-fetch-site": "cross-site", referer: "http://localhost:5173/page" }, 200],
    [{ "sec-fetch-site": "cross-site", origin: "http://localhost:5173" }, 200],
    [{ "sec-fetch-site": "same-site" }, 200],
    [{ "sec-fetch-site": "none" }, 200],
  ])("with %j of a browser gets %d", async (headers, status) => {
    const corsOrigins = ["http://localhost:5173"];
    const edge = await TestEdge.start({ s3: answering(200) }, { corsOrigins });
    expect((await edge.get("/a", headers)).status).toBe(status);
  });

  it("may read answers on a page of a listed origin", async () => {
    const origin = "http://localhost:5173";
    const edge = await TestEdge.start({ s3: answering(200) }, { corsOrigins: [origin] });
    expect((await edge.get("/a", { origin })).headers["access-control-allow-origin"]).toBe(origin);
    const { headers } = await edge.get("/a", { origin: "http://other.example" });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("the functions", () => {
  const echo = `function handler(event) {
    return { statusCode: 200, headers: { "x-a": { value: "b" } }, body: JSON.stringify(event) };
  }`;

  it("get CloudFront's event", async () => {
    const edge = await TestEdge.start({}, { functions: { ...PASS, request: echo } });
    const got = await getRaw(edge.url, "/a%20b?x=1&x=%32&y", {
      headers: { "X-One": "1", Cookie: "c=d; e=f=g", Connection: "close", "X-Real-IP": "1" },
    });
    expect([got.status, got.headers["x-a"], xCache(got)]).toEqual([
      200,
      "b",
      "FunctionGeneratedResponse",
    ]);
    const event = JSON.parse(got.body);
    expect(event).toMatchObject({
      version: "1.0",
      context: { eventType: "viewer-request" },
      viewer: { ip: "127.0.0.1" },
    });
    expect(event.request).toEqual({
      method: "GET",
      uri: "/a%20b",
      querystring: {
        x: { value: "1", multiValue: [{ value: "1" }, { value: "%32" }] },
        y: { value: "" },
      },
      headers: { "x-one": { value: "1" }, host: { value: new URL(edge.url).host } },
      cookies: { c: { value: "d" }, e: { value: "f=g" } },
    });
    expect(edge.s3.requests).toHaveLength(0);
  });

  it("rewrite the request before the cache, and the response after it", async () => {
    const functions = {
      request: `function handler({ request }) {
        request.uri = "/key"; request.querystring = { v: { value: "1" } }; request.method = "POST";
        return request;
      }`,
      response: `let runs = 0; function handler({ request, response }) {
        response.headers.runs = { value: String(++runs) };
        response.headers.uri = { value: request.method + request.uri };
        delete response.headers.etag;
        return response;
      }`,
    };
    const origin = answering(200, { ...cached(60), etag: '"1"' }, "stored");
    const edge = await TestEdge.start({ s3: origin }, { functions });
    for (const [n, result] of ["Miss", "Hit"].entries()) {
      const got = await edge.get(`/${n}`);
      expect([got.body, xCache(got)]).toEqual(["stored", result]);
      expect(got.headers).toMatchObject({ runs: String(n + 1), uri: "GET/key" });
      expect(got.headers).not.toHaveProperty("etag");
    }
    expect(edge.s3.requests.map(({ url, method }) => `${method} ${url}`)).toEqual([
      "GET /bucket/key?v=1",
    ]);
    const other = await TestEdge.start({ s3: origin }, { functions, responseSees: "viewer" });
    expect((await other.get("/own")).headers["uri"]).toBe("GET/own");
  });

  it("of the response do not run for errors and for answers of the request's function", async () => {
    const response = `function handler(event) {
      event.response.headers.ran = { value: "yes" }; return event.response; }`;
    const edge = await TestEdge.start({ s3: answering(404) }, { functions: { ...PASS, response } });
    expect((await edge.get("/a")).headers).not.toHaveProperty("ran");
    const own = await TestEdge.start({}, { functions: { request: echo, response } });
    expect((await own.get("/a")).headers).not.toHaveProperty("ran");
  });

  it("may replace the status and the body of a response", async () => {
    const response = `function handler() {
      return { statusCode: 200, headers: {}, body: { encoding: "base64", data: "w7w=" } }; }`;
    const edge = await TestEdge.start({ s3: answering(200) }, { functions: { ...PASS, response } });
    expect((await edge.get("/a")).body).toBe("ü");
  });

  test.each<[string, string, number]>([
    ["throws", "function handler() { throw new Error('no') }", 503],
    ["has another name", "function other() {}", 503],
    ["returns nothing", "function handler() {}", 503],
    ["returns no path", "function handler({ request }) { request.uri = 'a'; return request }", 503],
    ["builds code", "function handler(event) { return eval('event').request }", 503],
    ["uses a global of Node", "function handler() { return process.env }", 503],
    ["uses a timer", "function handler() { setTimeout(handler, 1) }", 503],
    [
      "adds a header that is disallowed",
      "function handler() { return { statusCode: 200, headers: { 'x-cache': { value: 'a' } } } }",
      502,
    ],
    [
      "reaches for the host",
      "function handler() { return this.constructor.constructor('return process')().env }",
      503,
    ],
  ])(
    "one that %s: no origin is asked, and the next request is answered",
    async (_what, request, status) => {
      const functions = { ...PASS, request };
      const edge = await TestEdge.start({ s3: answering(200) }, { functions });
      const got = await edge.get("/a");
      expect([got.status, xCache(got)]).toEqual([status, "FunctionExecutionError"]);
      expect((await edge.get("/a")).status).toBe(status);
      expect(edge.s3.requests).toHaveLength(0);
    },
  );

  it("of the request reads its key value store, and may wait", async () => {
    const request = `import cf from "cloudfront";
      const store = cf.kvs();
      async function handler() {
        let data = "none";
        try { data = await store.get("key.a"); } catch (error) {}
        return { statusCode: 200, body: data };
      }`;
    const functions = { ...PASS, request };
    const values = new Map([["key.a", "secret"]]);
    const edge = await TestEdge.start({}, { functions, keyValues: (key) => values.get(key) });
    expect((await edge.get("/a")).body).toBe("secret");
    const without = await TestEdge.start({}, { functions });
    expect((await without.get("/a")).body).toBe("none");
  });

  it("need a free port", async () => {
    const { url } = await TestEdge.start({});
    const port = Number(new URL(url).port);
    await expect(TestEdge.start({}, { port })).rejects.toThrow(
      `port ${port} of 127.0.0.1 is in use`,
    );
  });

  it("that cannot be compiled are refused at the start", async () => {
    const start = TestEdge.start({}, { functions: { ...PASS, request: "function (" } });
    await expect(start).rejects.toThrow("Function statements require a function name");
  });
});

it("adds Vary: Accept by the path that the viewer requests, to errors too, and to nothing else", async () => {
  const edge = await TestEdge.start({ s3: answering(404) }, { negotiated: ["/*/*.auto", "/s/*"] });
  for (const path of ["/hero/a.auto", "/hero/a/b.auto?v=1", "/s/a"]) {
    const { status, headers } = await edge.get(path);
    expect([path, status, headers["vary"]]).toEqual([path, 404, "Accept"]);
  }
  for (const path of ["/a.auto", "/hero/a.automatic", "/hero/a.jpg?b.auto"]) {
    expect((await edge.get(path)).headers).not.toHaveProperty("vary");
  }
});

it("answers a path that is no path of a URL", async () => {
  const request = "function handler() { return { statusCode: 404 }; }";
  const edge = await TestEdge.start({}, { functions: { ...PASS, request }, pages: {} });
  expect((await edge.get("//")).status).toBe(404);
});

it("serves a page only where the request's function has no rendition", async () => {
  const request = `function handler({ request }) {
    return request.uri === "/key" ? request : { statusCode: 404 }; }`;
  const edge = await TestEdge.start(
    { s3: answering(200, {}, "stored") },
    {
      functions: { ...PASS, request },
      pages: { "/page": async (query) => `page ${query.get("a")}`, "/key": async () => "never" },
    },
  );
  const page = await edge.get("/page?a=1");
  expect([page.status, page.body, page.headers["x-cache"]]).toEqual([200, "page 1", undefined]);
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect((await edge.get("/key")).body).toBe("stored");
  expect((await edge.get("/constructor")).status).toBe(404);
});

import { execFile } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { parseMessage } from "@imagefleet/core/intake";
import { Queue } from "@imagefleet/core/queue";
import { defineRecipe } from "@imagefleet/core/recipe";
import { reconcile } from "@imagefleet/core/reconcile";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import {
  type EnvironmentExit,
  type FunctionOptions,
  type LocalFunction,
  startFunction,
  startFunctionUrl,
} from "@imagefleet/local/function";
import { environmentIn, type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";

const MIB = 1024 * 1024;
const RECIPE = {
  presets: {
    thumb: "40x40",
    hero: { size: "80x", when: "request" },
    whole: { size: "1600x", format: "png", when: "request" },
  },
} as const;

let sandbox: Sandbox;
let recipe: string;
beforeAll(async () => {
  sandbox = await startSandbox({ small: 60, large: 60 });
  const file = join(sandbox.folder, "recipe.mjs");
  await writeFile(file, `export default ${JSON.stringify(RECIPE)};`);
  recipe = pathToFileURL(file).href;
});
afterAll(() => sandbox.close());

interface Served {
  readonly base: string;
  readonly fn: LocalFunction;
  readonly lines: Record<string, unknown>[];
  readonly exits: EnvironmentExit[];
}

async function serve(
  changes: Partial<FunctionOptions> & { endpoint?: string } = {},
): Promise<Served> {
  const lines: Record<string, unknown>[] = [];
  const exits: EnvironmentExit[] = [];
  const { environment, endpoint = sandbox.endpoint, ...options } = changes;
  const fn = startFunction({
    name: "deliver",
    handler: new URL("handler.ts", import.meta.url),
    exportName: "handler",
    memoryBytes: 2048 * MIB,
    timeoutMs: 25_000,
    // A client has the headers of an answer before the function has ended.
    maximumConcurrency: 4,
    environment: {
      ...environmentIn(sandbox),
      AWS_ENDPOINT_URL: endpoint,
      IMAGEFLEET_SOURCE_BUCKETS: sandbox.resources.sourceBucket,
      IMAGEFLEET_RECIPE: recipe,
      ...environment,
    },
    onLog: (line) => void (line.startsWith("{") && lines.push(JSON.parse(line))),
    onExit: (exit) => void exits.push(exit),
    ...options,
  });
  onTestFinished(() => fn.stop());
  const { url, close } = await startFunctionUrl({ fn });
  onTestFinished(close);
  return { base: url, fn, lines, exits };
}

async function upload(Key: string, Body: Uint8Array): Promise<void> {
  const { s3, resources } = sandbox;
  await s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key, Body }));
}

function picture(width = 160, height = 90): Promise<Buffer> {
  const create = { width, height, channels: 3, background: "#369" } as const;
  return sharp({ create }).jpeg().toBuffer();
}

/** The address of a key. */
function addressOf(key: string): string {
  return `/${key.split("/").map(encodeURIComponent).join("/")}`;
}

it("answers what it stores, HEAD without a body and 304 to its ETag", async () => {
  const { base, lines, exits } = await serve();
  await upload("a.jpg", await picture());
  const address = `${base}/hero/a.jpg.webp`;
  const first = await fetch(address);
  const body = Buffer.from(await first.arrayBuffer());
  const Bucket = sandbox.resources.renditionBucket;
  const stored = await sandbox.s3.send(new GetObjectCommand({ Bucket, Key: "hero/a.jpg.webp" }));
  expect(body.equals((await stored.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  const headers = {
    "content-type": stored.ContentType,
    "cache-control": stored.CacheControl,
    etag: stored.ETag,
    "x-amz-meta-imagefleet-source-etag": stored.Metadata?.["imagefleet-source-etag"],
    // A function URL renames it, because a stream is sent in chunks.
    "x-amzn-remapped-content-length": String(body.length),
  };
  expect([first.status, Object.fromEntries(first.headers)]).toMatchObject([200, headers]);

  const head = await fetch(address, { method: "HEAD" });
  expect([head.status, Object.fromEntries(head.headers)]).toMatchObject([200, headers]);
  expect(await head.text()).toBe("");

  const again = await fetch(address, { headers: { "If-None-Match": stored.ETag ?? "" } });
  expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([
    304,
    stored.ETag,
    "",
  ]);
  const other = await fetch(address, { headers: { "If-None-Match": '"other"' } });
  expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, body.length]);

  expect(lines).toMatchObject(
    Array(4).fill({ msg: "delivery", program: "deliver", answer: "made", key: "hero/a.jpg.webp" }),
  );
  expect(exits).toEqual([]);
});

it("has one object and one ETag for an address with any v", async () => {
  const { base } = await serve();
  await upload("versions.jpg", await picture());
  const seen = new Set<string | null>();
  const stored = new Set<string>();
  for (const query of ["", "?v=0a1b2c3d", "?v=ffffffff", "?v=no&v=version"]) {
    const answer = await fetch(`${base}/hero/versions.jpg.webp${query}`);
    seen.add(answer.headers.get("etag"));
    const { ETag, LastModified } = await sandbox.s3.send(get("hero/versions.jpg.webp"));
    stored.add(`${ETag} ${LastModified?.getTime()}`);
  }
  expect([seen.size, stored.size]).toEqual([1, 1]);
});

it("answers an ad-hoc size with an ETag, and stores nothing", async () => {
  const file = join(sandbox.folder, "adhoc.mjs");
  const adhoc = { ...RECIPE, delivery: { adhoc: {} } };
  await writeFile(file, `export default ${JSON.stringify(adhoc)};`);
  const { base } = await serve({ environment: { IMAGEFLEET_RECIPE: pathToFileURL(file).href } });
  await upload("adhoc.jpg", await picture());
  const key = "adhoc/w=60,h=60,fit=cover/adhoc.jpg.webp";
  const address = `${base}${addressOf(key)}`;
  const answer = await fetch(address);
  const { format, width, height } = await sharp(await answer.arrayBuffer()).metadata();
  expect([answer.status, format, width, height]).toEqual([200, "webp", 60, 60]);
  expect(answer.headers.get("x-amz-meta-imagefleet-source-etag")).toMatch(/^"[0-9a-f]{32}"$/);
  const etag = answer.headers.get("etag") ?? "";
  const again = await fetch(address, { headers: { "If-None-Match": etag } });
  expect([again.status, again.headers.get("etag")]).toEqual([304, etag]);
  await expect(sandbox.s3.send(get(key))).rejects.toHaveProperty("name", "NoSuchKey");
});

it.each(["ü/🐱 #?&+.jpg", "100%25.jpg", "a//b/../c.jpg", "%2F.jpg", "x.jpg?v=1"])(
  "finds the source of an address: %s",
  async (key) => {
    const { base } = await serve();
    await upload(key, await picture());
    const at = renditionKeyOf(key);
    const answer = await fetch(`${base}${addressOf(at)}`);
    expect([answer.status, (await sandbox.s3.send(get(at))).ETag]).toEqual([
      200,
      answer.headers.get("etag"),
    ]);
  },
);

function get(Key: string): GetObjectCommand {
  return new GetObjectCommand({ Bucket: sandbox.resources.renditionBucket, Key });
}

/** As packages/core/src/plan/key.ts says. */
function renditionKeyOf(key: string): string {
  const segments = key.split("/").map((segment) => {
    if (segment === "") return "%2F";
    return segment === ".." ? "%2E%2E" : segment.replaceAll("%", "%25");
  });
  return `hero/${segments.join("/")}.webp`;
}

it("answers whatever is asked, and logs it", async () => {
  const { base, lines, exits } = await serve();
  const notFound = { status: 404, reason: "NotInRecipe", cache: "public, max-age=60" };
  const asked = [
    "/",
    "/%",
    "/%ff",
    "/hero/%E0%A4%A.webp",
    "/hero/a%00.jpg.webp",
    "/hero/..%2f..%2fa.jpg.webp",
    "/nothing/a.jpg.webp",
    `/hero/${"%F0%9F%90%B1".repeat(600)}.webp`,
    "//hero/a.jpg.webp",
  ];
  for (const path of asked) {
    expect([path, await raw(base, path)]).toEqual([path, notFound]);
  }
  const late = { status: 404, reason: "ManifestMissing", cache: "no-store" };
  expect(await raw(base, "/manifests/a.jpg.json")).toEqual(late);
  const missing = { status: 404, reason: "SourceMissing", cache: "no-store" };
  expect(await raw(base, "/hero/missing.jpg.webp?v=1&x=2")).toEqual(missing);
  for (const method of ["POST", "DELETE", "OPTIONS"]) {
    const answer = await fetch(`${base}/hero/a.jpg.webp`, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  }
  expect(lines).toHaveLength(asked.length + 2);
  expect(lines.every(({ answer }) => answer === "notFound")).toBe(true);
  expect(exits).toEqual([]);
});

function raw(base: string, path: string) {
  return new Promise((resolve, reject) => {
    request(base, { path }, (response) => {
      const { statusCode: status, headers } = response;
      const { "x-imagefleet-reason": reason, "cache-control": cache } = headers;
      response.resume().once("end", () => resolve({ status, reason, cache }));
    })
      .on("error", reject)
      .end();
  });
}

it.each([null, 7, "text", [], {}, { rawPath: 1 }, { Records: [] }, { rawPath: "/", headers: 5 }])(
  "answers an event that is not of a function URL: %j",
  async (event) => {
    const { fn, lines, exits } = await serve();
    const parts: Buffer[] = [];
    const result = await fn.invoke(event, (data) => parts.push(Buffer.from(data)));
    expect(result.kind).toBe("streamed");
    expect(Buffer.concat(parts).toString()).toMatch(/^\{"statusCode":400,/);
    expect(lines).toMatchObject([{ level: 50 }]);
    expect(exits).toEqual([]);
  },
);

it("answers a rendition of over 6 MB, which a buffered response could not have", async () => {
  const { base } = await serve();
  const pixels = { raw: { width: 1600, height: 1600, channels: 3 } } as const;
  const noise = randomFillSync(Buffer.alloc(1600 * 1600 * 3));
  await upload("noise.png", await sharp(noise, pixels).png().toBuffer());
  const path = "/whole/noise.png.png";
  const streamed = await fetch(`${base}${path}`);
  const body = Buffer.from(await streamed.arrayBuffer());
  expect(streamed.status).toBe(200);
  expect(body.length).toBeGreaterThan(6_291_556);
  expect(
    body.equals(
      (await (await sandbox.s3.send(get(path.slice(1)))).Body?.transformToByteArray()) ??
        body.subarray(1),
    ),
  ).toBe(true);

  // `sst dev` has no streams, and returns.
  const buffered = await serve({ environment: { AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: "1" } });
  expect((await fetch(`${buffered.base}${path}`)).status).toBe(502);
  await upload("small.jpg", await picture());
  const small = await fetch(`${buffered.base}/hero/small.jpg.webp`);
  expect([small.status, small.headers.get("content-type")]).toEqual([200, "image/webp"]);
  expect((await sharp(await small.arrayBuffer()).metadata()).width).toBe(80);
});

it("loads without Lambda's global, which the SDK then sets without streams", async () => {
  const handler = new URL("handler.ts", import.meta.url).href;
  const code = `const { handler } = await import(${JSON.stringify(handler)});
    const event = { rawPath: "/none", requestContext: { http: { method: "GET" } } };
    const { statusCode } = await handler(event, { getRemainingTimeInMillis: () => 5000 });
    process.stderr.write(\`\${typeof awslambda} \${statusCode}\`);`;
  const { stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "-e", code],
    {
      env: {
        ...environmentIn(sandbox),
        IMAGEFLEET_SOURCE_BUCKETS: sandbox.resources.sourceBucket,
        IMAGEFLEET_FUNCTION_MEMORY_MB: "2048",
      },
    },
  );
  expect(stderr).toBe("object 404");
});

it("answers by itself before the function's timeout", async () => {
  const proxy = await FaultProxy.start(sandbox.endpoint, ({ operation }) =>
    operation === "PutObject" ? { kind: "delay", ms: 20_000 } : undefined,
  );
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const { base, lines, exits } = await serve({ endpoint: proxy.endpoint, timeoutMs: 5_000 });
  await upload("slow.jpg", await picture());
  const answer = await fetch(`${base}/hero/slow.jpg.webp`);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(lines).toMatchObject([{ answer: "unavailable", message: "the function ran out of time" }]);
  expect(exits).toEqual([]);
});

it("leaves a state that its job corrects, if it is killed after the put and the source is replaced", async () => {
  let fn: LocalFunction | undefined;
  const looks = `/${sandbox.resources.sourceBucket}/`;
  const proxy = await FaultProxy.start(sandbox.endpoint, async ({ operation, path }) => {
    // The look at the source that follows the put.
    if (operation !== "HeadObject" || !path.startsWith(looks)) return undefined;
    await upload("killed.jpg", await picture(90, 160));
    for (const pid of fn?.pids() ?? []) process.kill(pid, "SIGKILL");
    return { kind: "reset" };
  });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const served = await serve({ endpoint: proxy.endpoint, timeoutMs: 5_000 });
  fn = served.fn;
  await upload("killed.jpg", await picture(160, 90));
  const queue = new Queue(sandbox.sqs, sandbox.resources.lanes.small.url);
  await drained(queue);
  const answer = await fetch(`${served.base}/hero/killed.jpg.webp`);
  expect([answer.status, served.exits]).toMatchObject([502, [{ signal: "SIGKILL" }]]);
  const stale = await sandbox.s3.send(get("hero/killed.jpg.webp"));
  const wide = await sharp(await stale.Body?.transformToByteArray()).metadata();
  expect([wide.width, wide.height]).toEqual([80, 45]);

  const job = await check(queue, "killed.jpg");
  expect(job?.check).toEqual(["hero/killed.jpg.webp"]);
  const { s3, resources } = sandbox;
  const context = {
    lane: "small",
    recipe: defineRecipe(RECIPE),
    sources: new SourceStore(s3),
    renditions: new RenditionStore(s3, resources.renditionBucket),
    memoryBytes: 512 * MIB,
    renderSemaphore: <T>(work: () => Promise<T>) => work(),
  } as const;
  if (job) await reconcile(job, context, new AbortController().signal);
  await expect(sandbox.s3.send(get("hero/killed.jpg.webp"))).rejects.toThrow("does not exist");
  const after = await serve();
  const right = await fetch(`${after.base}/hero/killed.jpg.webp`);
  expect((await sharp(await right.arrayBuffer()).metadata()).height).toBe(142);
}, 60_000);

async function drained(queue: Queue): Promise<void> {
  for (;;) {
    const messages = await queue.receive({ max: 10, waitSeconds: 0 });
    if (messages.length === 0) return;
    await queue.deleteBatch(messages);
  }
}

/** The job that checks a source's key, which is delayed for as long as a delivery may write. */
async function check(queue: Queue, key: string) {
  // The jobs of earlier deliveries end a poll early.
  for (let polls = 0; polls < 30; polls++) {
    for (const { body, sentAt } of await queue.receive({ max: 10, waitSeconds: 5 })) {
      const read = parseMessage(body);
      const job =
        read.kind === "jobs" ? read.jobs.find((each) => each.check && each.key === key) : undefined;
      if (job === undefined) continue;
      expect(Date.now() - sentAt).toBeGreaterThanOrEqual(15_000);
      return job;
    }
  }
  return undefined;
}

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { REGION } from "@imagefleet/local/resources";
import { samplesIn } from "@imagefleet/local/samples/fixtures";
import sharp from "sharp";
import { beforeEach, describe, expect, it } from "vitest";
import { createS3, createSqs } from "../aws/index.ts";
import { type Job, parseMessage } from "../intake/index.ts";
import { Failure } from "../outcome/index.ts";
import { Queue } from "../queue/index.ts";
import { defineRecipe, type OutputFormat, type RecipeInput } from "../recipe/index.ts";
import { reconcile } from "../reconcile/index.ts";
import {
  context,
  inSandbox,
  job,
  key,
  MIB,
  manifest,
  never,
  picture,
  remove,
  sandbox,
  setKey,
  stored,
  upload,
} from "../reconcile/sandbox.fixture.ts";
import { RenditionStore, SourceStore } from "../store/index.ts";
import { type DeliverResources, deliver } from "./deliver.ts";

const PRESETS = {
  thumb: { size: "50x50", format: "jpeg" },
  hero: { size: "80x", when: "request" },
} as const;
const RECIPE = defineRecipe({ presets: PRESETS });
const CACHE_CONTROL = RECIPE.output.cacheControl;

inSandbox();
beforeEach(async () => {
  for (const lane of ["small", "large"] as const) await jobs(lane);
});

function resources(more: Partial<DeliverResources> = {}): DeliverResources {
  const { sqs, resources } = sandbox;
  const { lane: _lane, ...shared } = context({ recipe: RECIPE });
  return {
    ...shared,
    sourceBuckets: [resources.sourceBucket],
    small: new Queue(sqs, resources.lanes.small.url),
    large: new Queue(sqs, resources.lanes.large.url),
    settleSeconds: 0,
    now: Date.now,
    ...more,
  };
}

function get(at = hero(), more: Partial<DeliverResources> = {}) {
  return deliver(at, resources(more), never);
}

/** Of the test's source. */
function hero(ext = "webp"): string {
  return `hero/${key}.${ext}`;
}

/** The jobs that deliveries have sent and that are visible; they are deleted. */
async function jobs(lane: "small" | "large"): Promise<Job[]> {
  const queue = new Queue(sandbox.sqs, sandbox.resources.lanes[lane].url);
  const found: Job[] = [];
  for (;;) {
    const messages = await queue.receive({ max: 10, waitSeconds: 0 });
    if (messages.length === 0) return found;
    for (const { body } of messages) {
      const read = parseMessage(body);
      if (read.kind === "jobs" && body.includes('"imagefleet.job"')) found.push(...read.jobs);
    }
    await queue.deleteBatch(messages);
  }
}

async function onlyJob(lane: "small" | "large"): Promise<Job> {
  const [sent, ...others] = await jobs(lane);
  if (sent === undefined || others.length > 0) throw new Error(`${others.length} other jobs`);
  return sent;
}

function inBucket(bucket: "sourceBucket" | "renditionBucket"): string {
  return `/${sandbox.resources[bucket]}/`;
}

async function object(at = hero()) {
  const { s3, resources } = sandbox;
  const got = await s3.send(new GetObjectCommand({ Bucket: resources.renditionBucket, Key: at }));
  return { ...got, bytes: Buffer.from((await got.Body?.transformToByteArray()) ?? []) };
}

async function stands(at = hero()): Promise<boolean> {
  return (await stored()).has(at);
}

describe("a rendition that is not stored", () => {
  it("is made, stored and answered as it is stored, and a job is sent that checks it", async () => {
    await upload(await picture(160, 90));
    const answer = await get();
    const { bytes, ETag, CacheControl, ContentType, Metadata } = await object();
    expect(answer).toMatchObject({
      status: 200,
      contentType: ContentType,
      cacheControl: CacheControl,
      etag: ETag,
      sourceEtag: Metadata?.["imagefleet-source-etag"],
    });
    expect([ContentType, CacheControl]).toEqual(["image/webp", CACHE_CONTROL]);
    expect(answer.status === 200 && Buffer.from(answer.body).equals(bytes)).toBe(true);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "webp", width: 80, height: 45 });
    const checkedEtags = [answer.status === 200 && answer.sourceEtag];
    const check = { key, check: [hero()], checkedEtags, mayHaveRun: false };
    expect(await jobs("small")).toMatchObject([check]);
    expect(await jobs("large")).toEqual([]);
  });

  it("is made of the current content, although the manifest is of an earlier one", async () => {
    await upload(await picture(160, 90));
    await reconcile(job(), context({ recipe: RECIPE }), never);
    await upload(await picture(90, 160));
    const answer = await get();
    expect(answer).toMatchObject({ status: 200, etag: expect.any(String) });
    const { bytes } = await object();
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 80, height: 142 });
  });

  it("is stored once, however many ask at the same time", async () => {
    await upload(await picture(160, 90));
    const answers = await Promise.all(Array.from({ length: 100 }, () => get()));
    const { ETag, bytes } = await object();
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 200, etag: ETag, cacheControl: CACHE_CONTROL });
      expect(answer.status === 200 && Buffer.from(answer.body).equals(bytes)).toBe(true);
    }
    expect([...(await stored()).keys()]).toEqual([hero()]);
    const sent = await jobs("small");
    expect(sent).toHaveLength(100);
  }, 60_000);

  it("is not stored again if it is stored by now", async () => {
    await upload(await picture(160, 90));
    const puts: string[] = [];
    const { credentials, endpoint, resources: names } = sandbox;
    await using proxy = await FaultProxy.start(endpoint, ({ operation }) => {
      if (operation === "PutObject") puts.push(operation);
      return undefined;
    });
    const s3 = createS3({ region: REGION, endpoint: proxy.endpoint, credentials });
    const renditions = new RenditionStore(s3, names.renditionBucket);
    const first = await get(hero(), { renditions });
    const { etag } = { etag: undefined, ...first };
    expect(await get(hero(), { renditions })).toMatchObject({ status: 200, etag });
    expect(etag).toBeDefined();
    // Each expects no object.
    expect(puts).toHaveLength(2);
    s3.destroy();
  });

  it("is not stored if the manifest lists it as made: its job is sent, which makes it", async () => {
    await upload(await picture(160, 90));
    await reconcile(job(), context({ recipe: RECIPE }), never);
    const thumb = `thumb/${key}.jpg`;
    const { renditionBucket: Bucket } = sandbox.resources;
    await sandbox.s3.send(new DeleteObjectCommand({ Bucket, Key: thumb }));
    const answer = await get(thumb);
    expect(answer).toMatchObject({
      status: 200,
      cacheControl: "public, max-age=10, stale-if-error=10",
    });
    expect(answer).not.toHaveProperty("etag");
    expect(await stands(thumb)).toBe(false);
    const sent = await onlyJob("small");
    await reconcile(sent, context({ recipe: RECIPE }), never);
    expect(await stands(thumb)).toBe(true);
  });

  it("replaces one of an earlier content, if it is made on request", async () => {
    await upload(await picture(160, 90));
    await get();
    await upload(await picture(90, 160));
    expect(await get()).toMatchObject({ status: 200, cacheControl: CACHE_CONTROL });
    const { bytes } = await object();
    expect(await sharp(bytes).metadata()).toMatchObject({ height: 142 });
  });

  it("replaces no object of another source", async () => {
    await upload(await picture(160, 90));
    const { renditionBucket: Bucket } = sandbox.resources;
    await sandbox.s3.send(new PutObjectCommand({ Bucket, Key: hero(), Body: "not ours" }));
    const answer = await get();
    expect(answer).toMatchObject({
      status: 200,
      cacheControl: "public, max-age=10, stale-if-error=10",
    });
    expect((await object()).bytes.toString()).toBe("not ours");
  });

  it("of a manifest is a 404 that is not cached: its job may be done in a second", async () => {
    expect(await get("manifests/late.jpg.json")).toEqual({
      status: 404,
      reason: "ManifestMissing",
      cacheControl: "no-store",
    });
  });

  it("is answered briefly, as it was read last, if the source changes in each round", async () => {
    await upload(await picture(160, 90));
    const proxy = await FaultProxy.start(sandbox.endpoint, async ({ operation, path }) => {
      const isLook = operation === "HeadObject" && path.startsWith(inBucket("sourceBucket"));
      // The same size, so that each round renders another content.
      if (!isLook) return undefined;
      colors += 111_111;
      await upload(await picture(160, 90, `#${colors}`));
      return undefined;
    });
    let colors = 100_000;
    const { credentials } = sandbox;
    const s3 = createS3({ region: REGION, endpoint: proxy.endpoint, credentials });
    const answer = await get(hero(), { sources: new SourceStore(s3) });
    expect(answer).toMatchObject({
      status: 200,
      cacheControl: "public, max-age=10, stale-if-error=10",
    });
    expect(answer).not.toHaveProperty("etag");
    expect(colors).toBe(100_000 + 3 * 111_111);
    s3.destroy();
    await proxy[Symbol.asyncDispose]();
    // What it left is corrected by its jobs, of which each names a content that a cache may have.
    const sent = await jobs("small");
    expect(new Set(sent.flatMap(({ checkedEtags }) => checkedEtags ?? [])).size).toBe(3);
    for (const each of sent) {
      await reconcile(each, context({ recipe: RECIPE }), never);
    }
    expect(await get()).toMatchObject({ status: 200, cacheControl: CACHE_CONTROL });
  });
});

describe("what there is not", () => {
  const names: readonly string[] = [
    "",
    "hero",
    "hero/",
    "hero/x",
    "nothing/a.jpg.webp",
    "hero/a.jpg.jpg",
    "hero/../a.jpg.webp",
    "hero//a.jpg.webp",
    "hero/a\u0000.jpg.webp",
    "hero/%2e.webp",
    `hero/${"x".repeat(1100)}.webp`,
    `hero/${"🐱".repeat(2000)}.webp`,
  ];
  it.each(names.map((at) => [at.slice(0, 30), at]))(
    "is no key of the recipe: %j",
    async (_, at) => {
      expect(await get(at)).toEqual({
        status: 404,
        reason: "NotInRecipe",
        cacheControl: "public, max-age=60",
      });
    },
  );

  it("is a source that was never uploaded or is deleted: it may be here in a moment", async () => {
    const missing = { status: 404, reason: "SourceMissing", cacheControl: "no-store" };
    expect(await get()).toEqual(missing);
    await upload(await picture(160, 90));
    await reconcile(job(), context({ recipe: RECIPE }), never);
    await remove();
    expect(await get()).toEqual(missing);
    expect(await stands()).toBe(false);
  });

  it("is an object of the fleet in a source's place", async () => {
    await upload(await picture(160, 90), { imagefleet: "0" });
    expect(await get()).toMatchObject({ status: 404, reason: "SourceMissing" });
  });

  it("is a rendition that the source is too small for", async () => {
    const recipe = defineRecipe({
      presets: { thumb: "5x5", hero: { widths: [20, 40, 80], when: "request" } },
    });
    await upload(await picture(30, 30));
    const at = `hero-80w/${key}.webp`;
    const planned = { status: 404, reason: "NotPlanned", cacheControl: "public, max-age=60" };
    expect(await get(at, { recipe })).toEqual(planned);
    await reconcile(job(), context({ recipe }), never);
    // With a manifest it is known that there is a narrower one, as wide as the source.
    const widest = await get(at, { recipe });
    expect(widest).toMatchObject({ status: 200, substitute: "rendition" });
    const narrower = await get(`hero-40w/${key}.webp`, { recipe });
    if (widest.status !== 200 || narrower.status !== 200) throw new Error("it is not answered");
    expect(Buffer.from(widest.body).equals(narrower.body)).toBe(true);
    expect(await get(`hero-20w/${key}.webp`, { recipe })).toMatchObject({ status: 200 });
  });

  it.each([
    ["corrupt", () => picture(400, 400).then((whole) => whole.subarray(0, 400)), "SourceCorrupt"],
    ["no picture", async () => Buffer.from("no picture"), "SourceUnsupported"],
    ["empty", async () => Buffer.alloc(0), "SourceEmpty"],
  ])("is a rendition of a source that is %s", async (_name, content, reason) => {
    await upload(await content());
    const rejected = { status: 404, reason, cacheControl: "public, max-age=60" };
    expect(await get()).toEqual(rejected);
    expect([...(await stored()).keys()]).toEqual([]);
    // Its job writes the manifest, so that the source is not read again.
    const sent = await onlyJob("small");
    await reconcile(sent, context({ recipe: RECIPE }), never);
    expect(await manifest()).toMatchObject({ rejected: { reason } });
    expect(await get(hero(), { memoryBytes: 0 })).toEqual(rejected);
    expect(await jobs("small")).toEqual([]);
  });

  it("is a rendition of an archived source, and a substitute if it was rendered before", async () => {
    const { sourceBucket: Bucket } = sandbox.resources;
    await upload(await picture(160, 90));
    const toItself = { Bucket, Key: key, CopySource: `${Bucket}/${key}` };
    const archive = () =>
      sandbox.s3.send(new CopyObjectCommand({ ...toItself, StorageClass: "GLACIER" }));
    await archive();
    expect(await get()).toMatchObject({ status: 404, reason: "SourceArchived" });
    setKey(`${key}.jpg`);
    await upload(await picture(160, 90));
    await reconcile(job(), context({ recipe: RECIPE }), never);
    Object.assign(toItself, { Key: key, CopySource: `${Bucket}/${key}` });
    await archive();
    expect(await get()).toMatchObject({ status: 200, substitute: "rendition" });
  });
});

describe("what is too large to be made while a viewer waits", () => {
  const large = defineRecipe({ lanes: { smallBytes: 1000 }, presets: PRESETS });

  it("is made by the worker, and a substitute is answered meanwhile", async () => {
    await upload(
      await sharp(Buffer.alloc(3 * 160 * 90, 7), raw(160, 90))
        .png()
        .toBuffer(),
    );
    const bytes = await sharp(Buffer.from(noise(160 * 90 * 3)), raw(160, 90))
      .png()
      .toBuffer();
    await upload(bytes);
    await reconcile(job(), context({ recipe: RECIPE }), never);
    const answer = await get(hero(), { recipe: large });
    expect(answer).toMatchObject({
      status: 200,
      substitute: "rendition",
      contentType: "image/jpeg",
      cacheControl: "public, max-age=10, stale-if-error=10",
    });
    expect(answer).not.toHaveProperty("etag");
    expect(answer.status === 200 && Buffer.from(answer.body)).toEqual(
      (await object(`thumb/${key}.jpg`)).bytes,
    );
    expect(await stands()).toBe(false);
    expect(await jobs("small")).toEqual([]);
    const sent = await onlyJob("large");
    expect(sent.want).toEqual([hero()]);
    await reconcile(sent, context({ recipe: large, lane: "large" }), never);
    expect(await stands()).toBe(true);
  });

  it("is a 503 without a manifest", async () => {
    await upload(
      await sharp(Buffer.from(noise(160 * 90 * 3)), raw(160, 90))
        .png()
        .toBuffer(),
    );
    expect(await get(hero(), { recipe: large })).toMatchObject({
      status: 503,
      cacheControl: "no-store",
      retryAfterSeconds: 10,
    });
    const sent = await onlyJob("large");
    await reconcile(sent, context({ recipe: large, lane: "large" }), never);
    expect(await stands()).toBe(true);
  });

  it("is a PNG of 121 megapixels in 400 KB too", async () => {
    const side = 11_000;
    const create = { width: side, height: side, channels: 3, background: "#369" } as const;
    const plain = sharp({ create, limitInputPixels: false });
    const bomb = await plain.png({ palette: true, compressionLevel: 9 }).toBuffer();
    expect(bomb.length).toBeLessThan(500_000);
    await upload(bomb);
    expect(await get()).toMatchObject({ status: 503, retryAfterSeconds: 10 });
    const sent = await onlyJob("large");
    await reconcile(sent, context({ recipe: RECIPE, lane: "large" }), never);
    expect(await stands()).toBe(true);
    const { renditionBucket: Bucket } = sandbox.resources;
    await sandbox.s3.send(new DeleteObjectCommand({ Bucket, Key: hero() }));
    expect(await get()).toMatchObject({ status: 200, substitute: "rendition" });
  }, 120_000);

  it("is made again by the worker if somebody removed it, and only once", async () => {
    await upload(
      await sharp(Buffer.from(noise(160 * 90 * 3)), raw(160, 90))
        .png()
        .toBuffer(),
    );
    await reconcile(job(), context({ recipe: large, lane: "large" }), never);
    const { renditionBucket: Bucket } = sandbox.resources;
    await sandbox.s3.send(new DeleteObjectCommand({ Bucket, Key: hero() }));
    for (let asked = 0; asked < 3; asked++) await get(hero(), { recipe: large });
    const outcomes: string[] = [];
    for (const sent of await jobs("large")) {
      outcomes.push((await reconcile(sent, context({ recipe: large, lane: "large" }), never)).kind);
    }
    expect(await stands()).toBe(true);
    expect(outcomes).toEqual(["rendered", "unchanged", "unchanged"]);
  });
});

describe("an ad-hoc size", () => {
  const formats: OutputFormat[] = ["avif", "webp", "jpeg"];
  const ADHOC = { maxWidth: 400, maxHeight: 300, formats };
  const recipe = defineRecipe({ delivery: { adhoc: ADHOC }, presets: PRESETS });
  const adhoc = (operations: string, ext = "webp") => `adhoc/${operations}/${key}.${ext}`;

  it.each([
    ["w=60", "jpg", { format: "jpeg", width: 60, height: 34 }],
    ["h=30", "webp", { format: "webp", width: 53, height: 30 }],
    ["w=60,h=60", "webp", { width: 60, height: 34 }],
    ["w=60,h=60,fit=cover,q=40", "avif", { format: "heif", width: 60, height: 60 }],
    ["w=60,h=60,fit=contain", "webp", { width: 60, height: 60 }],
    ["w=60,h=60,fit=fill", "webp", { width: 60, height: 60 }],
    ["w=60,h=60,fit=outside", "webp", { width: 107, height: 60 }],
    // Nothing is enlarged.
    ["w=400", "webp", { width: 160, height: 90 }],
  ])("of %s as %s is made and answered, and stored nowhere", async (ops, ext, shape) => {
    await upload(await picture(160, 90));
    const etag = createHash("md5")
      .update(await picture(160, 90))
      .digest("hex");
    const answer = await get(adhoc(ops, ext), { recipe });
    expect(answer).toMatchObject({
      status: 200,
      cacheControl: CACHE_CONTROL,
      contentType: ext === "jpg" ? "image/jpeg" : `image/${ext}`,
      sourceEtag: `"${etag}"`,
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
    });
    expect(answer.status === 200 && (await sharp(answer.body).metadata())).toMatchObject(shape);
    expect([...(await stored()).keys()]).toEqual([]);
    expect([await jobs("small"), await jobs("large")]).toEqual([[], []]);
  });

  it("has the bytes of a preset of this size, and an ETag that only content and size change", async () => {
    await upload(await picture(160, 90));
    const whole = async (at: string) => {
      const answer = await get(at, { recipe });
      if (answer.status !== 200) throw new Error("it is not answered");
      return { etag: answer.etag, bytes: Buffer.from(answer.body) };
    };
    const first = await whole(adhoc("w=80"));
    expect(first.bytes.equals((await whole(hero())).bytes)).toBe(true);
    expect(await whole(adhoc("w=80"))).toEqual(first);
    const tags = [
      first.etag,
      (await whole(adhoc("w=81"))).etag,
      (await whole(adhoc("w=80,q=9"))).etag,
    ];
    await upload(await picture(90, 160));
    tags.push((await whole(adhoc("w=80"))).etag);
    expect(new Set(tags).size).toBe(4);
  });

  it.each([
    ["w=401", "webp"],
    ["h=301", "webp"],
    ["w=0", "webp"],
    ["w=060", "webp"],
    ["h=9,w=9", "webp"],
    ["w=9,fit=cover", "webp"],
    ["w=9,h=9,fit=inside", "webp"],
    ["w=9,h=9,fit=wide", "webp"],
    ["w=9,q=101", "webp"],
    ["q=9", "webp"],
    ["", "webp"],
    ["w=9", "png"],
    ["w=9", "auto"],
    ["w=9\n", "webp"],
  ])("of %j as %s is no key", async (ops, ext) => {
    await upload(await picture(160, 90));
    const none = { status: 404, reason: "NotInRecipe" };
    expect(await get(adhoc(ops, ext), { recipe })).toMatchObject(none);
    expect(await get(`adhoc/w=9/${"x".repeat(1100)}.webp`, { recipe })).toMatchObject(none);
    // Without the field there are none.
    expect(await get(adhoc("w=9"))).toMatchObject(none);
  });

  it("of a source that there is not is a 404", async () => {
    expect(await get(adhoc("w=9"), { recipe })).toMatchObject({
      status: 404,
      reason: "SourceMissing",
      cacheControl: "no-store",
    });
    await upload(Buffer.from("no picture"));
    expect(await get(adhoc("w=9"), { recipe })).toMatchObject({ reason: "SourceUnsupported" });
    await reconcile(await onlyJob("small"), context({ recipe }), never);
    expect(await get(adhoc("w=9"), { recipe, memoryBytes: 0 })).toMatchObject({
      reason: "SourceUnsupported",
    });
  });

  it.each([
    ["too large", { lanes: { smallBytes: 1000 } }, {}],
    ["too costly", {}, { memoryBytes: 1 }],
  ])("of a source that is %s sends the worker nothing to make", async (_name, more, less) => {
    await upload(
      await sharp(Buffer.from(noise(160 * 90 * 3)), raw(160, 90))
        .png()
        .toBuffer(),
    );
    const large = defineRecipe({ ...more, delivery: { adhoc: ADHOC }, presets: PRESETS });
    const at = adhoc("w=60");
    expect(await get(at, { recipe: large, ...less })).toMatchObject({
      status: 503,
      retryAfterSeconds: 10,
    });
    // Its source is adopted, so that there is something to show.
    const sent = await onlyJob("small");
    expect(sent).not.toHaveProperty("want");
    await reconcile(sent, context({ recipe: large, lane: "large" }), never);
    expect(await get(at, { recipe: large, ...less })).toMatchObject({
      status: 200,
      substitute: "rendition",
      cacheControl: "public, max-age=10, stale-if-error=10",
    });
    expect([await jobs("small"), await jobs("large")]).toEqual([[], []]);
    expect([...(await stored()).keys()].some((each) => each.startsWith("adhoc/"))).toBe(false);
  });
});

function raw(width: number, height: number) {
  return { raw: { width, height, channels: 3 } } as const;
}

function noise(bytes: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

describe("a failure", () => {
  /** The answer while the named call fails, and the number of failures. */
  async function failing(
    named: string,
    kind: "InternalError" | "SlowDown",
    bucket?: "sourceBucket" | "renditionBucket",
  ) {
    const { credentials, endpoint, resources: names } = sandbox;
    const proxy = await FaultProxy.start(endpoint, (call) => {
      const isIn = bucket === undefined || call.path.startsWith(inBucket(bucket));
      return call.operation === named && isIn ? { kind } : undefined;
    });
    const options = { region: REGION, endpoint: proxy.endpoint, credentials };
    const [s3, sqs] = [createS3(options), createSqs(options)];
    const answer = await get(hero(), {
      sources: new SourceStore(s3),
      renditions: new RenditionStore(s3, names.renditionBucket),
      small: new Queue(sqs, names.lanes.small.url.replace(endpoint, proxy.endpoint)),
    });
    const failed = proxy.injected()[kind];
    s3.destroy();
    sqs.destroy();
    await proxy[Symbol.asyncDispose]();
    return { answer, failed };
  }

  it.each([
    ["the manifest's read", "GetObject", "renditionBucket", "InternalError"],
    ["the source's read", "GetObject", "sourceBucket", "SlowDown"],
    ["the put", "PutObject", "renditionBucket", "SlowDown"],
    ["the second look at the source", "HeadObject", "sourceBucket", "InternalError"],
    ["the sending of the check", "SendMessage", undefined, "InternalError"],
  ] as const)(
    "of %s is a 503",
    async (_name, operation, bucket, kind) => {
      await upload(await picture(160, 90));
      const { answer, failed } = await failing(operation, kind, bucket);
      expect(answer).toMatchObject({ status: 503, cacheControl: "no-store", retryAfterSeconds: 1 });
      expect(failed).toBeGreaterThan(1);
      // Nothing is stored without a job that checks it.
      expect(await stands()).toBe(operation === "HeadObject");
      const isSent = operation === "PutObject" || operation === "HeadObject";
      expect(await jobs("small")).toHaveLength(isSent ? 1 : 0);
      expect(await get()).toMatchObject({ status: 200, cacheControl: CACHE_CONTROL });
    },
    60_000,
  );

  it("by the deadline is a 503, and nothing is stored after it", async () => {
    await upload(await picture(160, 90));
    const stop = new AbortController();
    const stopped = resources({
      renderSemaphore: async (work) => {
        const done = await work();
        stop.abort(new Failure("TimedOut", "out of time"));
        return done;
      },
    });
    expect(await deliver(hero(), stopped, stop.signal)).toMatchObject({
      status: 503,
      message: "out of time",
    });
    expect(await stands()).toBe(false);
  });
});

it("adopts a source without a manifest: its job makes the others, and both agree", async () => {
  const keys = Array.from({ length: 30 }, (_, at) => `adopted/${at}.jpg`);
  for (const name of keys) {
    setKey(name);
    await upload(await picture(160, 90, `#${100_000 + 1000 * keys.indexOf(name)}`));
    expect(await get()).toMatchObject({ status: 200, cacheControl: CACHE_CONTROL });
    expect(await get(`thumb/${key}.jpg`)).toMatchObject({ status: 200 });
  }
  const before = new Map<string, string | undefined>();
  for (const name of keys) {
    setKey(name);
    before.set(name, (await object()).ETag);
  }
  const sent = await jobs("small");
  expect(sent).toHaveLength(60);
  for (const each of sent) {
    const outcome = await reconcile(each, context({ recipe: RECIPE }), never);
    expect(["rendered", "unchanged"]).toContain(outcome.kind);
  }
  for (const name of keys) {
    setKey(name);
    expect([...(await stored()).keys()].sort()).toEqual([
      hero(),
      `manifests/${key}.json`,
      `thumb/${key}.jpg`,
    ]);
    expect(await manifest()).toMatchObject({
      stale: [],
      renditions: [{ key: `thumb/${key}.jpg`, etag: (await object(`thumb/${key}.jpg`)).ETag }],
      onRequest: [{ key: hero(), fingerprint: (await object()).Metadata?.["imagefleet"] }],
    });
    // The job kept what was made on request.
    expect((await object()).ETag).toBe(before.get(name));
    expect(await get()).toMatchObject({ status: 200, etag: before.get(name) });
  }
}, 60_000);

const FORMATS = ["avif", "webp", "jpeg", "png", "gif"] as const;
const DRESSED: RecipeInput["presets"] = {
  thumb: "40x40",
  plain: { size: "200x", formats: [...FORMATS], when: "request" },
  crop: {
    size: "160x120",
    fit: "cover",
    gravity: "attention",
    formats: [...FORMATS],
    when: "request",
  },
  wide: { size: "120x80", fit: "contain", color: "p3", keep: ["icc"], when: "request" },
  moving: { size: "100x", animated: true, formats: ["webp", "gif"], when: "request" },
  widths: { widths: [64, 128], formats: ["webp", "jpeg"], when: "request" },
};

it("has the bytes that the large lane makes, for every format and every sample picture", async () => {
  const recipe = defineRecipe({
    lanes: { smallBytes: 64 * MIB },
    source: { damaged: "render" },
    presets: DRESSED,
  });
  const samples = await samplesIn(
    join(sandbox.folder, "samples"),
    process.env["IMAGEFLEET_SHARED"],
  );
  expect(samples.length).toBeGreaterThan(8);
  const { s3, resources: names } = sandbox;
  const sums = new Map<string, string>();
  for (const [at, file] of samples.entries()) {
    setKey(`same/${basename(file)}`);
    const put = { Bucket: names.sourceBucket, Key: key, Body: createReadStream(file) };
    await s3.send(new PutObjectCommand({ ...put, ContentLength: (await stat(file)).size }));
    const lazy = recipe.presets.filter(({ when }) => when === "request");
    const all = lazy.map(({ name, width, format, responsive }) => {
      const ext = format === "jpeg" ? "jpg" : format;
      return `${responsive ? `${name}-${width}w` : name}/${key}.${ext}`;
    });
    expect(all).toHaveLength(17);
    // A delivery decodes the picture for each address: each picture has every fourth, in turn.
    const keys = all.filter((_, n) => n % 4 === at % 4);
    const more = { recipe, memoryBytes: 4096 * MIB };
    for (const address of keys) {
      const answer = await deliver(address, resources(more), never);
      expect([address, answer]).toMatchObject([address, { status: 200, etag: expect.any(String) }]);
      if (answer.status === 200) sums.set(address, sha256(answer.body));
    }
    await reconcile(job({ force: true }), context({ ...more, lane: "large" }), never);
    for (const address of keys) {
      const stored = await object(address);
      expect([address, sha256(stored.bytes)]).toEqual([address, sums.get(address)]);
    }
    expect(await manifest()).toMatchObject({ renditions: { length: recipe.presets.length } });
  }
  expect(sums.size).toBeGreaterThan(samples.length * 4);
}, 600_000);

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

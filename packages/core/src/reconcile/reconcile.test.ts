import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { type Call, FaultProxy } from "@imagefleet/local/fault-proxy";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createS3 } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import { defineRecipe } from "../recipe/index.ts";
import { RenditionStore, Scratch, SourceStore } from "../store/index.ts";
import type { Gate, ReconcileContext } from "./context.ts";
import { reconcile } from "./reconcile.ts";

const MIB = 1024 * 1024;
const THUMB = defineRecipe({ presets: { thumb: "50x50", small: { size: "80w", format: "jpeg" } } });
const OPEN_GATE: Gate = (work) => work();
const never = new AbortController().signal;

let sandbox: Sandbox;
let key: string;
let count = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  key = `pictures/${count++}.jpg`;
});

function picture(width: number, height: number, colour = "#336699"): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();
}

function context(more: Partial<ReconcileContext> = {}): ReconcileContext {
  const { s3, resources } = sandbox;
  return {
    lane: "small",
    recipe: THUMB,
    sources: new SourceStore(s3),
    renditions: new RenditionStore(s3, resources.renditionBucket),
    memoryBytes: 512 * MIB,
    renderGate: OPEN_GATE,
    ...more,
  };
}

function job(more: { begun?: boolean; force?: boolean } = {}) {
  return { bucket: sandbox.resources.sourceBucket, key, begun: false, force: false, ...more };
}

async function upload(body: Uint8Array, Metadata?: Record<string, string>): Promise<void> {
  const { s3, resources } = sandbox;
  const put = { Bucket: resources.sourceBucket, Key: key, Body: body };
  await s3.send(new PutObjectCommand({ ...put, ...(Metadata && { Metadata }) }));
}

async function remove(): Promise<void> {
  const { s3, resources } = sandbox;
  await s3.send(new DeleteObjectCommand({ Bucket: resources.sourceBucket, Key: key }));
}

/** What is stored for the source: key and when it was last written. */
async function stored(): Promise<Map<string, number>> {
  const { s3, resources } = sandbox;
  const all = await s3.send(new ListObjectsV2Command({ Bucket: resources.renditionBucket }));
  const own = (all.Contents ?? []).filter((object) => object.Key?.includes(key));
  return new Map(own.map((object) => [object.Key ?? "", object.LastModified?.getTime() ?? 0]));
}

async function manifest(): Promise<Record<string, unknown>> {
  const { s3, resources } = sandbox;
  const at = { Bucket: resources.renditionBucket, Key: `manifests/${key}.json` };
  const got = await s3.send(new GetObjectCommand(at));
  return JSON.parse((await got.Body?.transformToString()) ?? "");
}

/** A client whose first manifest is written twice: the answer was lost, and the SDK tried again. */
function createS3ThatRepeats({ endpoint, region, credentials }: Sandbox): S3Client {
  const client = createS3({ endpoint, region, credentials });
  client.middlewareStack.add(
    (next) => async (args) => {
      const { input } = args;
      const writes = "Key" in input && "Body" in input && input.Key?.startsWith("manifests/");
      if (writes) await next(args);
      return next(args);
    },
    { step: "initialize" },
  );
  return client;
}

describe("reconcile", () => {
  it("renders a new source and lists the renditions in its manifest", async () => {
    await upload(await picture(200, 100));
    expect(await reconcile(job(), context(), never)).toMatchObject({
      kind: "rendered",
      renditions: 2,
    });
    expect([...(await stored()).keys()].sort()).toEqual([
      `manifests/${key}.json`,
      `small/${key}.jpg`,
      `thumb/${key}.webp`,
    ]);
    expect(await manifest()).toMatchObject({
      version: 1,
      source: { key, width: 200, height: 100, format: "jpeg" },
      renditions: expect.arrayContaining([
        expect.objectContaining({ preset: "thumb", width: 50, height: 25, format: "webp" }),
        expect.objectContaining({ preset: "small", width: 80, height: 40, format: "jpeg" }),
      ]),
      stale: [],
    });
  });

  it("says in the manifest what a rendition of the source's own size saves", async () => {
    await upload(await picture(200, 100));
    const recipe = defineRecipe({
      presets: { compress: { format: "jpeg", quality: 40 }, thumb: "20w" },
    });
    await reconcile(job(), context({ recipe }), never);
    expect(await manifest()).toMatchObject({
      renditions: [
        { preset: "compress", width: 200, savedPercent: expect.any(Number) },
        { preset: "thumb", width: 20 },
      ],
    });
    expect(JSON.stringify(await manifest()).match(/savedPercent/g)).toHaveLength(1);
  });

  it("puts into the manifest what a page needs, in the recipe's order", async () => {
    await upload(await picture(200, 100));
    const recipe = defineRecipe({
      presets: { hero: { widths: [50, 100, 800], formats: ["avif", "jpeg"] }, thumb: "20w" },
    });
    await reconcile(job(), context({ recipe }), never);
    const avif = { type: "image/avif" };
    const jpeg = { type: "image/jpeg" };
    expect(await manifest()).toMatchObject({
      placeholder: {
        colour: expect.stringMatching(/^#33[67].9[89a]$/),
        thumbhash: expect.stringMatching(/^[\w+/=]{20,40}$/),
      },
      srcset: {
        hero: [
          { key: `hero-50w/${key}.avif`, width: 50, height: 25, ...avif },
          { key: `hero-100w/${key}.avif`, width: 100, height: 50, ...avif },
          { key: `hero-800w/${key}.avif`, width: 200, height: 100, ...avif },
          { key: `hero-50w/${key}.jpg`, width: 50, height: 25, ...jpeg },
          { key: `hero-100w/${key}.jpg`, width: 100, height: 50, ...jpeg },
          { key: `hero-800w/${key}.jpg`, width: 200, height: 100, ...jpeg },
        ],
        thumb: [{ key: `thumb/${key}.webp`, width: 20, height: 10, type: "image/webp" }],
      },
    });
  });

  it("removes widths that an attempt on a larger content left, though no manifest knows them", async () => {
    const { s3, resources } = sandbox;
    const recipe = defineRecipe({ presets: { hero: { widths: [50, 100] } } });
    const orphan = `hero-100w/${key}.webp`;
    await s3.send(
      new PutObjectCommand({ Bucket: resources.renditionBucket, Key: orphan, Body: "x" }),
    );
    await upload(await picture(40, 40));
    await reconcile(job({ begun: true }), context({ recipe }), never);
    expect([...(await stored()).keys()].sort()).toEqual([
      `hero-50w/${key}.webp`,
      `manifests/${key}.json`,
    ]);
  });

  it.each([
    { now: "a smaller picture", content: () => picture(40, 40) },
    { now: "rejected", content: async () => Buffer.from("no picture") },
  ])(
    "removes what an attempt left whose work another recipe's program finished, the source $now",
    async ({ content }) => {
      const { s3, resources } = sandbox;
      const recipe = defineRecipe({ presets: { hero: { widths: [50, 100] } } });
      const left = `hero-100w/${key}.webp`;
      await s3.send(
        new PutObjectCommand({ Bucket: resources.renditionBucket, Key: left, Body: "x" }),
      );
      await upload(await content());
      await reconcile(job({ begun: true }), context(), never);
      expect([...(await stored()).keys()]).toContain(left);
      await reconcile(job(), context({ recipe }), never);
      expect([...(await stored()).keys()]).not.toContain(left);
      expect(await manifest()).toMatchObject({ stale: [] });
    },
  );

  it("says unchanged the second time, and writes nothing", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    const before = await stored();
    expect(await reconcile(job(), context(), never)).toEqual({ kind: "unchanged" });
    expect(await stored()).toEqual(before);
  });

  it.each([{ begun: true }, { force: true }])("takes no shortcut when %o", async (how) => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    expect(await reconcile(job(how), context(), never)).toMatchObject({ kind: "rendered" });
  });

  it("renders an overwritten source again", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await upload(await picture(60, 30));
    expect(await reconcile(job(), context(), never)).toMatchObject({ kind: "rendered" });
    expect(await manifest()).toMatchObject({ source: { width: 60, height: 30 } });
  });

  it("removes the renditions of a source overwritten by something broken, and says why", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await upload(Buffer.from("this is no picture"));
    const outcome = await reconcile(job(), context(), never);
    expect(outcome).toMatchObject({ kind: "rejected", reason: "SourceUnsupported" });
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
    expect(await manifest()).toMatchObject({ rejected: { reason: "SourceUnsupported" } });
    // A second event makes no second dead letter; what may have been begun does.
    expect(await reconcile(job(), context(), never)).toEqual({ kind: "unchanged" });
    const begun = await reconcile(job({ begun: true }), context(), never);
    expect(begun).toMatchObject({ kind: "rejected" });
  });

  it("looks at a rejected source again once the recipe's limits or switches have changed", async () => {
    await upload(await picture(60, 60));
    const small = defineRecipe({ presets: { thumb: "50x50" }, limits: { pixels: 3_599 } });
    await reconcile(job(), context({ recipe: small }), never);
    const large = defineRecipe({ presets: { thumb: "50x50" }, limits: { pixels: 3_600 } });
    const outcome = await reconcile(job(), context({ recipe: large }), never);
    expect(outcome).toMatchObject({ kind: "rendered" });
  });

  it("renders a damaged source where the recipe says so, and the manifest says why it is one", async () => {
    const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
    const whole = await sharp({
      create: { width: 60, height: 60, channels: 3, background: "#000", noise },
    })
      .jpeg()
      .toBuffer();
    await upload(whole.subarray(0, whole.length - 40));
    const recipeOf = (damaged: "reject" | "render") =>
      context({ recipe: defineRecipe({ source: { damaged }, presets: { thumb: "50x50" } }) });
    const why = "the pixels cannot be read: premature end of JPEG image";
    const rejected = { kind: "rejected", reason: "SourceCorrupt" };
    expect(await reconcile(job(), recipeOf("reject"), never)).toMatchObject(rejected);
    expect(await reconcile(job(), recipeOf("render"), never)).toMatchObject({
      kind: "rendered",
      damaged: why,
    });
    expect(await manifest()).toMatchObject({
      damaged: { message: why },
      renditions: [{ preset: "thumb" }],
    });
    expect(await reconcile(job(), recipeOf("render"), never)).toEqual({ kind: "unchanged" });
    expect(await reconcile(job(), recipeOf("reject"), never)).toMatchObject(rejected);
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
    await upload(whole);
    const outcome = await reconcile(job(), recipeOf("render"), never);
    expect([outcome, await manifest()].filter((each) => "damaged" in each)).toEqual([]);
  });

  it("says in the manifest what a rendition was bounded from", async () => {
    await upload(await picture(1, 20_000));
    const recipe = defineRecipe({ presets: { whole: {}, png: { format: "png" } } });
    await reconcile(job(), context({ recipe }), never);
    expect(await manifest()).toMatchObject({
      renditions: [
        { width: 1, height: 16_383, boundedFrom: { width: 1, height: 20_000 } },
        { width: 1, height: 20_000 },
      ],
    });
    expect(JSON.stringify(await manifest()).match(/boundedFrom/g)).toHaveLength(1);
  });

  it("leaves a tagged tombstone, which a commit that was prepared before it cannot overwrite", async () => {
    const { s3, resources } = sandbox;
    const store = new RenditionStore(s3, resources.renditionBucket);
    await upload(await picture(60, 60));
    // The first attempt saw no manifest. While it renders, the source is deleted, another attempt
    // removes what is there, and the same bytes are uploaded again.
    let isFirst = true;
    const renderGate: Gate = async (work) => {
      const made = await work();
      if (!isFirst) return made;
      isFirst = false;
      await remove();
      const other = await reconcile(job({ begun: true }), context(), never);
      expect(other).toEqual({ kind: "retired", removed: 0 });
      const at = { Bucket: resources.renditionBucket, Key: `manifests/${key}.json` };
      expect((await store.manifest(at.Key, never))?.tombstone).toMatchObject({ source: { key } });
      await upload(await picture(60, 60));
      return made;
    };
    const outcome = await reconcile(job(), context({ renderGate }), never);
    expect(outcome).toMatchObject({ kind: "rendered" });
    const listed = await manifest();
    expect(listed).toMatchObject({ renditions: [{ preset: "thumb" }, { preset: "small" }] });
    expect([...(await stored()).keys()].sort()).toEqual([
      `manifests/${key}.json`,
      `small/${key}.jpg`,
      `thumb/${key}.webp`,
    ]);
  });

  it("lets a tombstone be removed, and nothing that has replaced it", async () => {
    const store = new RenditionStore(sandbox.s3, sandbox.resources.renditionBucket);
    await reconcile(job({ begun: true }), context(), never);
    expect(await store.removeTombstone(`manifests/${key}.json`, never)).toBe(true);
    expect(await stored()).toEqual(new Map());
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    expect(await store.removeTombstone(`manifests/${key}.json`, never)).toBe(false);
    expect((await stored()).size).toBe(3);
  });

  it("numbers each version of a manifest higher, tombstones included", async () => {
    const seqs: number[] = [];
    const note = async () => seqs.push(Number((await manifest())["seq"]));
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await note();
    await remove();
    await reconcile(job(), context(), never);
    await note();
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await note();
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });

  it("retires what is gone, with and without a manifest", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await remove();
    const retired = await reconcile(job(), context(), never);
    expect(retired).toEqual({ kind: "retired", removed: 2 });
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
    expect(await reconcile(job(), context(), never)).toEqual({ kind: "retired", removed: 0 });
  });

  it("removes renditions that a crashed attempt left, when the source is gone", async () => {
    const { s3, resources } = sandbox;
    const orphan = { Bucket: resources.renditionBucket, Key: `thumb/${key}.webp`, Body: "x" };
    await s3.send(new PutObjectCommand(orphan));
    await reconcile(job({ begun: true }), context(), never);
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
  });

  it("removes what a changed recipe no longer makes", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    const recipe = defineRecipe({ presets: { thumb: "40x40" } });
    const outcome = await reconcile(job(), context({ recipe }), never);
    expect(outcome).toMatchObject({ kind: "rendered", renditions: 1 });
    expect([...(await stored()).keys()].sort()).toEqual([
      `manifests/${key}.json`,
      `thumb/${key}.webp`,
    ]);
  });

  it("removes what an earlier attempt meant to remove and did not", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    const { s3, resources } = sandbox;
    const at = { Bucket: resources.renditionBucket };
    const leftBehind = `gone/${key}.webp`;
    const crashed = { ...(await manifest()), stale: [leftBehind] };
    await s3.send(
      new PutObjectCommand({ ...at, Key: leftBehind, Body: "x", Metadata: { imagefleet: "0" } }),
    );
    await s3.send(
      new PutObjectCommand({ ...at, Key: `manifests/${key}.json`, Body: JSON.stringify(crashed) }),
    );
    await reconcile(job({ begun: true }), context(), never);
    expect((await stored()).has(leftBehind)).toBe(false);
  });

  it("removes what an earlier recipe wrote under another template", async () => {
    await upload(await picture(60, 60));
    const earlier = defineRecipe({
      output: { key: "img/{preset}/{path}.{ext}" },
      presets: { thumb: "40x40" },
    });
    await reconcile(job(), context({ recipe: earlier }), never);
    expect((await stored()).has(`img/thumb/${key}.webp`)).toBe(true);
    await reconcile(job(), context(), never);
    expect((await stored()).has(`img/thumb/${key}.webp`)).toBe(false);
  });

  it("leaves alone what a forged manifest names and is not of its source", async () => {
    const { s3, resources } = sandbox;
    const at = { Bucket: resources.renditionBucket };
    await upload(await picture(60, 60));
    const victim = { ...job(), key: `${key}.victim/${key}` };
    await s3.send(
      new PutObjectCommand({
        Bucket: resources.sourceBucket,
        Key: victim.key,
        Body: await picture(60, 60),
      }),
    );
    await reconcile(victim, context(), never);
    await reconcile(job(), context(), never);
    const important = `config/${key}.json`;
    await s3.send(new PutObjectCommand({ ...at, Key: important, Body: "{}" }));
    const foreign = [
      `thumb/${victim.key}.webp`,
      `small/${victim.key}.jpg`,
      `manifests/${victim.key}.json`,
      `manifests/${key}.json`,
      important,
    ];
    const { renditions = [], ...rest } = await manifest();
    const [listed] = Array.isArray(renditions) ? renditions : [];
    const [first, ...stale] = foreign;
    const forged = { ...rest, recipe: "0", stale, renditions: [{ ...listed, key: first }] };
    const told: string[] = [];
    const onForeign = (keys: readonly string[]) => told.push(...keys);
    for (const how of ["rendered", "retired"]) {
      const body = JSON.stringify(forged);
      await s3.send(new PutObjectCommand({ ...at, Key: `manifests/${key}.json`, Body: body }));
      const before = await stored();
      expect(await reconcile(job(), context({ onForeign }), never)).toMatchObject({ kind: how });
      expect(told.splice(0).sort()).toEqual([...foreign].sort());
      const after = await stored();
      const kept = foreign.filter((one) => one !== `manifests/${key}.json`);
      for (const one of kept) expect(after.get(one)).toBe(before.get(one));
      await remove();
    }
  });

  it("goes round when the source changes while it is worked on", async () => {
    await upload(await picture(60, 60));
    let rounds = 0;
    const renderGate: Gate = async (work) => {
      rounds += 1;
      if (rounds === 1) await upload(await picture(30, 60));
      return work();
    };
    expect(await reconcile(job(), context({ renderGate }), never)).toMatchObject({
      kind: "rendered",
    });
    expect(rounds).toBe(2);
    expect(await manifest()).toMatchObject({ source: { width: 30, height: 60 } });
  });

  it("retires when the source goes while it is worked on", async () => {
    await upload(await picture(60, 60));
    const renderGate: Gate = async (work) => {
      await remove();
      return work();
    };
    expect(await reconcile(job(), context({ renderGate }), never)).toMatchObject({
      kind: "retired",
    });
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
  });

  it("gives up for now on a source that changes faster than it can be rendered", async () => {
    let version = 10;
    await upload(await picture(version, 60));
    const renderGate: Gate = async (work) => {
      await upload(await picture(++version, 60));
      return work();
    };
    const outcome = await reconcile(job(), context({ renderGate }), never);
    expect(outcome).toMatchObject({ kind: "failed", reason: "SourceChanging" });
  });

  it("goes round when another attempt commits meanwhile, and says so to the large lane", async () => {
    await upload(await picture(60, 60));
    let rounds = 0;
    const renderGate: Gate = async (work) => {
      rounds += 1;
      const made = await work();
      if (rounds === 1) await reconcile(job(), context(), never);
      return made;
    };
    const outcome = await reconcile(job(), context({ renderGate }), never);
    expect(outcome).toMatchObject({ kind: "rendered" });
    expect(rounds).toBe(2);

    let memoryBytes = 512 * MIB;
    rounds = 0;
    const busy: Gate = async (work) => {
      rounds += 1;
      const made = await work();
      await upload(await picture(60, 60 + rounds));
      memoryBytes = 1;
      return made;
    };
    const shrinking = {
      ...context({ renderGate: busy }),
      get memoryBytes() {
        return memoryBytes;
      },
    };
    expect(await reconcile(job({ force: true }), shrinking, never)).toMatchObject({
      kind: "forwarded",
      begun: true,
    });
  });

  it("takes its own writing for its own when the answer to it was lost", async () => {
    await upload(await picture(60, 60));
    const lost: S3Client = createS3ThatRepeats(sandbox);
    const renditions = new RenditionStore(lost, sandbox.resources.renditionBucket);
    let rounds = 0;
    const renderGate: Gate = (work) => {
      rounds += 1;
      return work();
    };
    const outcome = await reconcile(job(), context({ renditions, renderGate }), never);
    lost.destroy();
    expect(outcome).toMatchObject({ kind: "rendered" });
    expect(rounds).toBe(1);
  });

  it("does not take a manifest at its word that still names what is to be removed", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    const { s3, resources } = sandbox;
    const crashed = { ...(await manifest()), stale: [`gone/${key}.webp`] };
    const at = { Bucket: resources.renditionBucket, Key: `manifests/${key}.json` };
    await s3.send(new PutObjectCommand({ ...at, Body: JSON.stringify(crashed) }));
    expect(await reconcile(job(), context(), never)).toMatchObject({ kind: "rendered" });
    expect(await manifest()).toMatchObject({ stale: [] });
  });

  it("replaces a manifest that cannot be read, and takes nothing for granted then", async () => {
    await upload(await picture(60, 60));
    const { s3, resources } = sandbox;
    const at = { Bucket: resources.renditionBucket, Key: `manifests/${key}.json` };
    await s3.send(new PutObjectCommand({ ...at, Body: "{" }));
    expect(await reconcile(job(), context(), never)).toMatchObject({ kind: "rendered" });
    expect(await manifest()).toMatchObject({ version: 1 });
  });

  it("retires a source that an object of the fleet's own has replaced", async () => {
    await upload(await picture(60, 60));
    await reconcile(job(), context(), never);
    await upload(await picture(60, 60, "#000000"), { imagefleet: "0123" });
    expect(await reconcile(job(), context(), never)).toEqual({ kind: "retired", removed: 2 });
    expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
  });

  it("writes nothing for a job whose time has run out", async () => {
    await upload(await picture(60, 60));
    const lease = new AbortController();
    const renderGate: Gate = async (work) => {
      const made = work();
      lease.abort(new Failure("TimedOut", "the lease has ended"));
      return made;
    };
    const outcome = await reconcile(job(), context({ renderGate }), lease.signal);
    expect(outcome).toMatchObject({ kind: "failed", reason: "TimedOut" });
    expect(await stored()).toEqual(new Map());
  });

  it("ignores an object that the fleet wrote", async () => {
    await upload(await picture(60, 60), { imagefleet: "0123" });
    expect(await reconcile(job(), context(), never)).toMatchObject({ kind: "ignored" });
    expect(await stored()).toEqual(new Map());
  });

  it("forwards what has too many bytes, or costs too much to decode, on the small lane alone", async () => {
    const body = await picture(300, 300);
    await upload(body);
    const presets = { thumb: "50x50" };
    const recipe = defineRecipe({ presets, lanes: { smallBytes: body.length - 1 } });
    const byBytes = await reconcile(job(), context({ recipe }), never);
    expect(byBytes).toEqual({ kind: "forwarded", why: `it has ${body.length} bytes` });
    const byCost = await reconcile(job(), context({ memoryBytes: 1 }), never);
    expect(byCost).toMatchObject({ kind: "forwarded", why: expect.stringContaining("MiB") });
    expect(await stored()).toEqual(new Map());

    const large = context({
      lane: "large",
      recipe,
      memoryBytes: 1,
      scratch: new Scratch(sandbox.folder),
    });
    expect(await reconcile(job(), large, never)).toMatchObject({ kind: "rendered" });
  });

  describe("of an archived source", () => {
    /** Reads sources through a proxy that answers as S3 does while the object is archived. */
    async function archive() {
      const { endpoint, region, credentials, resources } = sandbox;
      const isRead = ({ operation, path }: Call) =>
        operation === "GetObject" && path === `/${resources.sourceBucket}/${key}`;
      const proxy = await FaultProxy.start(endpoint, (call) =>
        isRead(call) ? { kind: "InvalidObjectState" } : undefined,
      );
      const s3 = createS3({ endpoint: proxy.endpoint, region, credentials });
      onTestFinished(async () => {
        s3.destroy();
        await proxy[Symbol.asyncDispose]();
      });
      const restore = () => {
        proxy.decide = () => undefined;
      };
      return { sources: new SourceStore(s3), restore };
    }
    const rejected = { kind: "rejected", reason: "SourceArchived" };

    it("says so at once, and makes it when it is restored", async () => {
      await upload(await picture(60, 60));
      const { sources, restore } = await archive();
      expect(await reconcile(job(), context({ sources }), never)).toMatchObject(rejected);
      expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
      expect(await manifest()).toMatchObject({ rejected: { reason: "SourceArchived" } });
      restore();
      // The same content and the same recipe: its event alone tells of the restore.
      expect(await reconcile(job(), context({ sources }), never)).toMatchObject({
        kind: "rendered",
      });
    });

    it("keeps the renditions that its content has, under another recipe too", async () => {
      await upload(await picture(60, 60));
      await reconcile(job(), context(), never);
      const before = await stored();
      const { sources } = await archive();
      expect(await reconcile(job(), context({ sources }), never)).toEqual({ kind: "unchanged" });
      const recipe = defineRecipe({ presets: { thumb: "20x20" } });
      for (const how of [context({ sources, recipe }), context({ sources })]) {
        const begun = job({ begun: true });
        expect(await reconcile(begun, how, never)).toMatchObject(rejected);
      }
      expect(await stored()).toEqual(before);
    });

    it("removes those of an earlier content, and what is left when it is gone", async () => {
      await upload(await picture(60, 60));
      await reconcile(job(), context(), never);
      await upload(await picture(30, 60));
      const { sources } = await archive();
      expect(await reconcile(job(), context({ sources }), never)).toMatchObject(rejected);
      expect([...(await stored()).keys()]).toEqual([`manifests/${key}.json`]);
      await remove();
      expect(await reconcile(job(), context({ sources }), never)).toMatchObject({
        kind: "retired",
      });
    });

    it("is not sent to the large lane for its size", async () => {
      await upload(await picture(60, 60));
      const { sources } = await archive();
      const recipe = defineRecipe({ presets: { thumb: "5x5" }, lanes: { smallBytes: 1 } });
      expect(await reconcile(job(), context({ sources, recipe }), never)).toMatchObject(rejected);
    });
  });

  it("rejects an empty source and one over the recipe's limits", async () => {
    await upload(Buffer.alloc(0));
    expect(await reconcile(job(), context(), never)).toMatchObject({
      kind: "rejected",
      reason: "SourceEmpty",
    });
    await upload(await picture(60, 60));
    const presets = { thumb: "50x50" };
    for (const limits of [{ bytes: 100 }, { pixels: 3_599 }]) {
      const recipe = defineRecipe({ presets, limits });
      expect(await reconcile(job(), context({ recipe }), never)).toMatchObject({
        kind: "rejected",
        reason: "SourceTooLarge",
      });
    }
  });

  it("fails, to be tried again, when the store does not answer as it should", async () => {
    const elsewhere = new RenditionStore(sandbox.s3, "no-such-bucket");
    const outcome = await reconcile(job(), context({ renditions: elsewhere }), never);
    expect(outcome).toMatchObject({ kind: "failed", reason: "StoreUnavailable" });
  });
});

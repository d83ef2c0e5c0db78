import { PutObjectCommand } from "@aws-sdk/client-s3";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { manifestKey, sourceOfOutput, sourcePath } from "../plan/index.ts";
import { defineRecipe, OUTPUT_FORMATS, type Recipe } from "../recipe/index.ts";
import { type Manifest, RenditionStore, SourceStore } from "../store/index.ts";
import type { ReconcileContext } from "./context.ts";
import { keysBy, keysOf, ofSource } from "./keys.ts";

const never = new AbortController().signal;
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

/** Templates whose keys are easily confused, and presets that are named like their folders. */
const template = fc.constantFrom(
  "{preset}/{path}.{ext}",
  "a/{preset}/{path}.{ext}",
  "r/{path}/{preset}.{ext}",
  "{ext}/{preset}/{path}",
  "a/{path}-b/{preset}/{ext}",
  "{preset}/{ext}{path}.{ext}",
  "{preset}/{preset}/{path}.{ext}",
);
const recipe = fc
  .record({
    key: template,
    names: fc.uniqueArray(fc.constantFrom("a", "b", "r", "webp"), { minLength: 1, maxLength: 3 }),
    format: fc.constantFrom(...OUTPUT_FORMATS),
  })
  .map(({ key, names, format }) =>
    defineRecipe({
      source: { prefix: "in/" },
      output: { prefix: "out/", key },
      presets: Object.fromEntries(names.map((name) => [name, { size: "10x10", format }])),
    }),
  );
const segment = fc.constantFrom("a", "b", "r", "webp", "x", "x-b", "..", "", "%", "manifests");
const sourceKey = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((parts) => `in/${parts.join("/")}`);

function contextOf(recipe: Recipe): ReconcileContext {
  const { s3, resources } = sandbox;
  return {
    lane: "small",
    recipe,
    sources: new SourceStore(s3),
    renditions: new RenditionStore(s3, resources.renditionBucket),
    memoryBytes: 0,
    renderSemaphore: (work) => work(),
  };
}

function forged(bucket: string, key: string, stale: readonly string[]): Manifest {
  return {
    version: 1,
    seq: 1,
    revision: "0",
    source: { bucket, key, etag: '"0"', bytes: 1 },
    recipe: "0",
    renditions: [],
    stale: [...stale],
    at: new Date(0).toISOString(),
  };
}

describe("keysOf", () => {
  it("assigns no key to two sources, whatever their manifests name, and to each source its own keys", {
    timeout: 120_000,
  }, async () => {
    const history = fc.record({
      today: recipe,
      sources: fc.uniqueArray(sourceKey, { minLength: 2, maxLength: 3 }),
      earlier: fc.array(recipe, { minLength: 1, maxLength: 3 }),
      legacy: fc.boolean(),
    });
    const { s3, resources } = sandbox;
    const bucket = resources.sourceBucket;
    const renditions = new RenditionStore(s3, resources.renditionBucket);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(history, async ({ today, sources, earlier, legacy }) => {
        // Each run has a prefix in one bucket.
        const at = (one: Recipe): Recipe => ({
          ...one,
          output: { ...one.output, prefix: `out/${run}/` },
        });
        run += 1;
        const now = at(today);
        const jobs = sources.map((key) => ({ bucket, key, mayHaveRun: false, force: false }));
        const owners = new Map<string, string>();
        for (const past of [...earlier.map(at), now]) {
          for (const job of jobs) {
            for (const key of keysBy(past, job)) {
              const mark = { contentType: "image/webp", cacheControl: "x", fingerprint: "0" };
              await renditions.put({ key, source: job, body: Buffer.of(1), ...mark }, never);
              owners.set(key, job.key);
            }
          }
        }
        const foreign = [`${now.output.prefix}${sources[0]}`, "config/important.json"];
        const unwritable = sources.map(
          (key) => `${now.output.prefix}${sourcePath(now, key)}\ud800`,
        );
        for (const Key of foreign) {
          const Metadata = legacy ? { imagefleet: "0" } : {};
          const put = { Bucket: resources.renditionBucket, Key, Body: "x", Metadata };
          await s3.send(new PutObjectCommand(put));
        }
        const manifests = sources.map((key) => manifestKey(now, key));
        for (const [at, key] of sources.entries()) {
          await renditions.putManifest(
            manifests[at] ?? "",
            forged(bucket, key, []),
            undefined,
            never,
          );
        }
        const named = [...owners.keys(), ...foreign, ...unwritable, ...manifests, ...sources];
        const accepted = new Map<string, string>();
        for (const job of jobs) {
          const reported: string[] = [];
          const onForeign = (keys: readonly string[]) => reported.push(...keys);
          const context = { ...contextOf(now), onForeign };
          const mine = await keysOf(forged(bucket, job.key, named), job, context, never);
          expect([...mine, ...reported].sort()).toEqual([...new Set(named)].sort());
          for (const key of mine) {
            expect([key, accepted.get(key)]).toEqual([key, undefined]);
            accepted.set(key, job.key);
          }
        }
        for (const [key, owner] of owners) {
          // A key that the current recipe writes for another source is left to the audit.
          const isDoubtful = (sourceOfOutput(now, key) ?? owner) !== owner;
          expect([key, accepted.get(key)]).toEqual([key, isDoubtful ? undefined : owner]);
        }
        for (const key of [...foreign, ...unwritable, ...manifests, ...sources]) {
          if (!owners.has(key)) expect([key, accepted.get(key)]).toEqual([key, undefined]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("uses the metadata of an object before the template", async () => {
    const { s3, resources } = sandbox;
    const bucket = resources.sourceBucket;
    const context = contextOf(defineRecipe({ presets: { thumb: "10x10" } }));
    const job = { bucket, key: "x/one", mayHaveRun: false, force: false };
    const mark = { contentType: "image/webp", cacheControl: "x", fingerprint: "0" };
    const key = (name: string) => `${name}/x/one.webp`;
    // The key of "one" by the template "dropped/{preset}/{path}.{ext}" and its preset "x".
    const other = { bucket, key: "one" };
    const body = Buffer.of(1);
    await context.renditions.put({ key: key("dropped"), source: other, body, ...mark }, never);
    await context.renditions.put({ key: key("own"), source: job, body, ...mark }, never);
    const put = { Bucket: resources.renditionBucket, Body: body };
    await s3.send(new PutObjectCommand({ ...put, Key: key("strange") }));
    const Metadata = { imagefleet: "0" };
    await s3.send(new PutObjectCommand({ ...put, Key: key("older"), Metadata }));
    const named = ["dropped", "own", "strange", "older", "gone"].map(key);
    const mine = await keysOf(forged(bucket, job.key, named), job, context, never);
    expect(mine).toEqual(["own", "older", "gone"].map(key));
  });

  it("removes no source when sources and renditions share a bucket", async () => {
    const bucket = sandbox.resources.renditionBucket;
    const shared = defineRecipe({ source: { prefix: "uploads/" }, presets: { thumb: "10x10" } });
    const context = contextOf(shared);
    const job = { bucket, key: "uploads/a", mayHaveRun: false, force: false };
    // By the template, a preset of that name could have written both.
    const named = ["uploads/a.jpg", "gone/a.jpg"];
    const mine = await keysOf(forged(bucket, job.key, named), job, context, never);
    expect(mine).toEqual(["gone/a.jpg"]);
  });
});

describe("ofSource", () => {
  it("treats a manifest that names another source as unreadable", () => {
    const job = { bucket: "b", key: "k", mayHaveRun: false, force: false };
    const stored = (bucket: string, key: string) => ({
      etag: '"1"',
      manifest: forged(bucket, key, []),
    });
    expect(ofSource(stored("b", "k"), job)).toEqual(stored("b", "k"));
    expect(ofSource(stored("b", "l"), job)).toEqual({ etag: '"1"' });
    expect(ofSource(stored("c", "k"), job)).toEqual({ etag: '"1"' });
    expect(ofSource(undefined, job)).toBeUndefined();
  });
});

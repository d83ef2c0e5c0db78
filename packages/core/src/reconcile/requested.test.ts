import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it } from "vitest";
import { defineRecipe, presetFingerprint } from "../recipe/index.ts";
import { CODEC } from "./codec.ts";
import { reconcile } from "./reconcile.ts";
import {
  context,
  inSandbox,
  job,
  key,
  manifest,
  never,
  picture,
  remove,
  sandbox,
  stored,
  upload,
} from "./sandbox.fixture.ts";

const RECIPE = defineRecipe({
  presets: {
    thumb: "20x20",
    hero: { size: "80x", when: "request" },
    card: { size: "40x", when: "request" },
  },
});
const [, HERO] = RECIPE.presets;

inSandbox();
beforeEach(async () => {
  await upload(await picture(160, 90));
});

function run(
  more: Parameters<typeof job>[0] & { check?: string[]; want?: string[] } = {},
  lane: "small" | "large" = "small",
) {
  const { check, want, ...rest } = more;
  const asked = { ...job(rest), ...(check && { check }), ...(want && { want }) };
  return reconcile(asked, context({ recipe: RECIPE, lane }), never);
}

function hero(): string {
  return `hero/${key}.webp`;
}

/** Stores an object as a delivery does, and of another source or content if `more` says so. */
async function made(more: { etag?: string; key?: string; fingerprint?: string; at?: string } = {}) {
  const { renditions, sources } = context();
  const { sourceBucket: bucket } = sandbox.resources;
  const etag = more.etag ?? (await sources.etag(bucket, key, never)) ?? "";
  const fingerprint = more.fingerprint ?? (HERO ? presetFingerprint(HERO, CODEC.encoder) : "");
  return renditions.put(
    {
      key: more.at ?? hero(),
      source: { bucket, key: more.key ?? key, etag },
      body: Buffer.from("made on request"),
      contentType: "image/webp",
      cacheControl: "x",
      fingerprint,
    },
    never,
  );
}

async function stands(at = hero()): Promise<boolean> {
  return (await stored()).has(at);
}

describe("a preset that is made on request", () => {
  it("is listed with its size, and only the large lane makes it", async () => {
    expect(await run()).toMatchObject({ kind: "rendered", renditions: 1 });
    expect(await manifest()).toMatchObject({
      renditions: [{ preset: "thumb" }],
      onRequest: [
        { preset: "hero", key: hero(), width: 80, height: 45, format: "webp" },
        { preset: "card", key: `card/${key}.webp`, width: 40, height: 23 },
      ],
      srcset: { hero: [{ key: hero(), width: 80, height: 45, type: "image/webp" }] },
    });
    expect(await stands()).toBe(false);

    expect(await run({}, "large")).toEqual({ kind: "unchanged" });
    expect(await run({ want: [hero()] }, "large")).toMatchObject({
      kind: "rendered",
      renditions: 3,
    });
    expect(await manifest()).not.toHaveProperty("onRequest");
    expect(await stands()).toBe(true);
    expect(await run({ want: [hero()] }, "large")).toEqual({ kind: "unchanged" });
  });

  it("stays when its source is rendered again, if it is of this content", async () => {
    await run();
    const etag = await made();
    // Another recipe, whose fingerprint of this preset is the same.
    const recipe = defineRecipe({
      presets: { other: "10x10", hero: { size: "80x", when: "request" } },
    });
    expect(await reconcile(job(), context({ recipe }), never)).toMatchObject({ kind: "rendered" });
    expect((await context().renditions.look(hero(), job(), never))?.etag).toBe(etag);
  });

  it.each([
    ["the source has another content", { change: true }, {}],
    ["an earlier attempt may have left it", {}, { mayHaveRun: true }],
    ["its job is forced", {}, { force: true }],
  ])(
    "is removed when its source is rendered again and %s",
    async (_name, { change }: { change?: boolean }, more) => {
      await run();
      await made();
      if (change) await upload(await picture(90, 160));
      expect(await run(more)).toMatchObject({ kind: "rendered" });
      expect(await stands()).toBe(false);
      expect(await manifest()).toMatchObject({ stale: [] });
    },
  );

  it("is removed with its source", async () => {
    await run();
    await made();
    await remove();
    expect(await run()).toMatchObject({ kind: "removed" });
    expect(await stands()).toBe(false);
  });
});

describe("a job that checks a key", () => {
  const check = () => ({ check: [hero()] });

  it.each(["before", "after"])("keeps what is right, %s its source was rendered", async (when) => {
    if (when === "after") await run();
    const etag = await made();
    expect((await run(check())).kind).toBe(when === "after" ? "unchanged" : "rendered");
    expect((await context().renditions.look(hero(), job(), never))?.etag).toBe(etag);
  });

  it.each([
    ["another content", { etag: '"of another content"' }],
    ["another preset", { fingerprint: "of another preset" }],
    ["another source", { key: "another" }],
  ])("removes what was made of %s", async (_name, wrong) => {
    await run();
    await made(wrong);
    expect(await run(check())).toEqual({ kind: "unchanged" });
    expect(await stands()).toBe(false);
    expect(await manifest()).toMatchObject({ stale: [], onRequest: [{ key: hero() }, {}] });
    // And before its source was rendered.
    const { renditionBucket: Bucket } = sandbox.resources;
    await sandbox.s3.send(new DeleteObjectCommand({ Bucket, Key: `manifests/${key}.json` }));
    await made(wrong);
    expect(await run(check())).toMatchObject({ kind: "rendered" });
    expect(await stands()).toBe(false);
  });

  it("removes what the recipe does not make of the source any more", async () => {
    await run();
    const at = `gone/${key}.webp`;
    await made({ at });
    expect(await run({ check: [at] })).toEqual({ kind: "unchanged" });
    expect(await stands(at)).toBe(false);
  });

  it("leaves other objects that a forged message names", async () => {
    await run();
    const { renditionBucket: Bucket } = sandbox.resources;
    const others = ["config.json", `hero/other-${key}.webp`, `manifests/${key}.json`];
    const [config = ""] = others;
    await sandbox.s3.send(new PutObjectCommand({ Bucket, Key: config, Body: "x" }));
    await made({ at: others[1] ?? "", key: `other-${key}` });
    expect(await run({ check: others })).toEqual({ kind: "unchanged" });
    const { renditions } = context();
    for (const at of others) expect(await renditions.look(at, job(), never)).toBeDefined();
  });

  it("removes what is stored of a deleted source, also without a manifest", async () => {
    await made();
    await remove();
    expect(await run(check())).toMatchObject({ kind: "removed" });
    expect(await stands()).toBe(false);
  });

  it("makes a listed rendition again that is not the one that the manifest lists", async () => {
    await run();
    const thumb = `thumb/${key}.webp`;
    await made({ at: thumb });
    expect(await run({ check: [thumb] })).toMatchObject({ kind: "rendered" });
    const { renditions } = context();
    const [listed] =
      (await renditions.manifest(`manifests/${key}.json`, never))?.manifest?.renditions ?? [];
    expect((await renditions.look(thumb, job(), never))?.etag).toBe(listed?.etag);
    expect(await run({ check: [thumb] })).toEqual({ kind: "unchanged" });
  });

  it("does nothing where nothing is stored", async () => {
    await run();
    const before = await manifest();
    expect(await run(check())).toEqual({ kind: "unchanged" });
    expect(await manifest()).toEqual(before);
  });
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { type DeliverResources, deliver } from "@imagefleet/core/deliver";
import { Queue } from "@imagefleet/core/queue";
import { defineRecipe } from "@imagefleet/core/recipe";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { asEnvironment } from "@imagefleet/local/credentials";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import { laneUrl, REGION } from "@imagefleet/local/resources";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";
import { noise } from "../../fixtures/pictures.ts";

const RECIPE = { presets: { thumb: "16x16", small: "32w" } };

let folder: string;
let recipe: string;
let fleet: Fleet;

beforeEach(async () => {
  folder = await newFolder();
  recipe = join(folder, "recipe.mjs");
  await writeFile(recipe, `export default ${JSON.stringify(RECIPE)};`);
  fleet = await startFleet({
    dataDir: join(folder, "data"),
    port: 0,
    recipe: pathToFileURL(recipe),
  });
});
afterEach(() => fleet.stop());

async function audit(...args: string[]) {
  const where = ["--endpoint", fleet.endpoint, "--recipe", recipe, "--json"];
  const { code, stdout, stderr } = await run(["audit", ...args, ...where], {
    cwd: folder,
    env: asEnvironment(fleet.credentials),
  });
  if (code === 1) throw new Error(stderr);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const findings = lines.slice(0, -1).map(({ kind, key, renditions }) => {
    return renditions === undefined ? `${kind} ${key}` : `${kind} ${key}: ${renditions}`;
  });
  return { code, findings: findings.sort(), summary: lines.at(-1) };
}

it("reports each gap, and is complete after a repair", async () => {
  const picture = join(folder, "picture.jpg");
  await sharp(noise(64, 64)).toFile(picture);
  const keys = [
    "a.jpg",
    "a.jpg-b.jpg",
    "a/b.jpg",
    "a//%c.jpg",
    "old.jpg",
    "late.jpg",
    "ü/🐱.jpg",
    "gone.jpg",
  ];
  for (const key of keys) await fleet.upload(key, picture);
  await writeFile(join(folder, "text"), "no picture");
  await fleet.upload("broken.jpg", join(folder, "text"));
  await fleet.idle();
  expect(await audit()).toMatchObject({
    code: 0,
    findings: ["rejected broken.jpg"],
    summary: { isComplete: true, sources: 9, complete: 9 },
  });

  const s3 = createS3({ ...fleet, region: REGION });
  const drop = (Key: string) =>
    s3.send(new DeleteObjectCommand({ Bucket: fleet.renditionBucket, Key }));
  const put = (Key: string, own: boolean, Body = "x") =>
    s3.send(
      new PutObjectCommand({
        Bucket: fleet.renditionBucket,
        Key,
        Body,
        ...(own && { Metadata: { imagefleet: "1" } }),
      }),
    );
  // Without notifications, the fleet does not learn of the deletion.
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: fleet.sourceBucket,
      NotificationConfiguration: {},
    }),
  );
  await s3.send(new DeleteObjectCommand({ Bucket: fleet.sourceBucket, Key: "gone.jpg" }));
  await drop("thumb/a.jpg.webp");
  await drop("thumb/a/%2F/%25c.jpg.webp");
  const manifest = JSON.parse((await fleet.read("manifests/old.jpg.json")).toString());
  await put("manifests/old.jpg.json", true, JSON.stringify({ ...manifest, recipe: "another" }));
  await drop("manifests/late.jpg.json");
  await put("small/a/b.jpg.webp", true);
  await put("old/a.jpg.webp", true);
  await put("thumb/ghost.jpg.webp", true);
  await put("thumb/readme.txt", false);
  await put("thumb/theirs.jpg.webp", false);
  const holes = await audit();
  expect(holes.code).toBe(3);
  expect(holes.summary).toMatchObject({ findings: { orphan: 5 }, unwritten: 1 });
  expect(holes.findings).toEqual(
    [
      "foreign thumb/readme.txt",
      "foreign thumb/theirs.jpg.webp",
      "missing a.jpg: thumb/a.jpg.webp",
      "missing a//%c.jpg: thumb/a/%2F/%25c.jpg.webp",
      "stale old.jpg",
      "missing a/b.jpg: small/a/b.jpg.webp",
      "orphan manifests/gone.jpg.json",
      "orphan small/gone.jpg.webp",
      "orphan thumb/gone.jpg.webp",
      "orphan old/a.jpg.webp",
      "orphan thumb/ghost.jpg.webp",
      "rejected broken.jpg",
      "unrendered late.jpg",
    ].sort(),
  );

  expect((await audit("--repair", "--yes")).code).toBe(3);
  await fleet.idle();
  // Objects that no preset writes are removed only when every source is up to date.
  expect((await audit()).findings).toContain("orphan old/a.jpg.webp");
  expect((await audit("--repair", "--yes")).summary).toMatchObject({ findings: { orphan: 1 } });
  const after = await audit();
  expect(after).toMatchObject({ code: 0, summary: { isComplete: true, complete: 8, sources: 8 } });
  expect(after.findings).toEqual([
    "foreign thumb/readme.txt",
    "foreign thumb/theirs.jpg.webp",
    "rejected broken.jpg",
  ]);
  s3.destroy();
}, 90_000);

it("shows some of many findings, and its JSON has all, as it says", async () => {
  await writeFile(join(folder, "text"), "no picture");
  for (const key of ["a.jpg", "b.jpg", "c.jpg"]) await fleet.upload(key, join(folder, "text"));
  await fleet.idle();
  const where = ["--endpoint", fleet.endpoint, "--recipe", recipe];
  const env = asEnvironment(fleet.credentials);
  const { stdout } = await run(["audit", "--limit", "1", ...where], { cwd: folder, env });
  expect(stdout).toContain("… and 2 more: set --limit, or --json for all");
  expect((await audit("--limit", "1")).findings).toHaveLength(3);
});

/** What makes renditions on request, with a check that comes soon. */
async function delivering(
  { sourceBucket, renditionBucket }: Fleet,
  draft: Parameters<typeof defineRecipe>[0],
  s3: S3Client,
  sqs: SQSClient,
): Promise<DeliverResources> {
  return {
    recipe: defineRecipe(draft),
    sources: new SourceStore(s3),
    renditions: new RenditionStore(s3, renditionBucket),
    memoryBytes: 2 ** 29,
    renderSemaphore: (work) => work(),
    sourceBuckets: [sourceBucket],
    small: new Queue(sqs, (await laneUrl(sqs, "small")) ?? ""),
    large: new Queue(sqs, (await laneUrl(sqs, "large")) ?? ""),
    settleSeconds: 1,
    now: Date.now,
  };
}

it("is clean after each picture of a bucket without manifests was requested once", async () => {
  const s3 = createS3({ ...fleet, region: REGION });
  const sqs = createSqs({ ...fleet, region: REGION });
  const { sourceBucket: Bucket } = fleet;
  const NotificationConfiguration = {};
  await s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }),
  );
  const Body = await sharp(noise(64, 64)).jpeg().toBuffer();
  const keys = Array.from({ length: 30 }, (_, at) => `old/${at}.jpg`);
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  expect((await audit()).summary).toMatchObject({ sources: 30, complete: 0 });
  const resources = await delivering(fleet, RECIPE, s3, sqs);
  const never = new AbortController().signal;
  for (const key of keys) {
    expect(await deliver(`thumb/${key}.webp`, resources, never)).toMatchObject({ status: 200 });
  }
  const complete = { isComplete: true, sources: 30, complete: 30 };
  await expect
    .poll(async () => (await audit()).summary, { timeout: 60_000, interval: 1000 })
    .toMatchObject(complete);
  expect(await audit()).toEqual({ code: 0, findings: [], summary: expect.anything() });
  s3.destroy();
  sqs.destroy();
}, 90_000);

it("a rendition on request may be there or not, but not of another content", async () => {
  const presets = { thumb: "16x16", tail: { size: "20x20", when: "request" } } as const;
  const mixed = join(folder, "mixed.mjs");
  await writeFile(mixed, `export default ${JSON.stringify({ presets })};`);
  const lazy = await startFleet({
    dataDir: join(folder, "lazy"),
    port: 0,
    recipe: pathToFileURL(mixed),
  });
  const s3 = createS3({ ...lazy, region: REGION });
  const sqs = createSqs({ ...lazy, region: REGION });
  try {
    const picture = join(folder, "picture.jpg");
    await sharp(noise(64, 64)).toFile(picture);
    for (const key of ["a.jpg", "b.jpg", "c.jpg"]) await lazy.upload(key, picture);
    await lazy.idle();
    const examine = async (...more: string[]) => {
      const where = ["--endpoint", lazy.endpoint, "--recipe", mixed, "--json", ...more];
      const env = asEnvironment(lazy.credentials);
      const { stdout } = await run(["audit", ...where], { cwd: folder, env });
      return stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    };
    const resources = await delivering(lazy, { presets }, s3, sqs);
    const never = new AbortController().signal;
    for (const key of ["a", "b"]) {
      const answer = await deliver(`tail/${key}.jpg.webp`, resources, never);
      expect(answer).toMatchObject({ status: 200 });
    }
    await lazy.idle();
    const [clean, ...others] = await examine();
    expect(others).toEqual([]);
    expect(clean).toMatchObject({ isComplete: true, complete: 3, requests: { gets: 5 } });
    // As a delivery would leave it that was killed after the source was overwritten.
    const Key = "tail/b.jpg.webp";
    const Bucket = lazy.renditionBucket;
    const { Metadata = {} } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    const old = { ...Metadata, "imagefleet-source-etag": '"earlier"' };
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "old", Metadata: old }));
    const [finding, summary] = await examine();
    expect(finding).toMatchObject({ kind: "unlisted", key: "b.jpg", renditions: [Key] });
    expect(summary).toMatchObject({ isComplete: false, complete: 2 });
    await examine("--repair", "--yes");
    await lazy.idle();
    expect(await examine()).toMatchObject([{ kind: "summary", isComplete: true }]);
  } finally {
    s3.destroy();
    sqs.destroy();
    await lazy.stop();
  }
}, 90_000);

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { ENCODER } from "@imagefleet/core/image";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { RenditionStore } from "@imagefleet/core/store";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { prepareCatalog } from "@imagefleet/local/fleet";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import {
  asFile,
  CallRecorder,
  cloudFrontNeed,
  localPlaces,
  recordedFile,
} from "@imagefleet/test/permissions/index.ts";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { putDeadLetters, takeAll } from "./commands/dlq/fixtures/dead-letters.ts";
import { RESOLVE_LOCALLY } from "./connection/fixtures/resolve-locally.ts";
import { CloudFrontServer } from "./delivery/fixtures/cloudfront.ts";
import { Cli, run } from "./fixtures/cli.ts";
import { noise } from "./fixtures/pictures.ts";

const RECIPE = {
  source: { prefix: "in/", suffixes: [".jpg"] },
  output: { prefix: "out/" },
  presets: { thumb: "16x16" },
};
const never = new AbortController().signal;

let sandbox: Sandbox;
/** The calls of commands that only read, and of all commands. */
let viewer: CallRecorder;
let operator: CallRecorder;
let proxies: Record<"reading" | "changing", FaultProxy>;
let cli: Cli | undefined;

beforeAll(async () => {
  sandbox = await startSandbox();
  const { endpoint, folder, resources } = sandbox;
  const places = localPlaces({ source: "in/", renditions: "out/" });
  viewer = new CallRecorder(places);
  operator = new CallRecorder(places);
  const noFault = () => undefined;
  proxies = {
    reading: await FaultProxy.start(endpoint, noFault, async (...invocation) => {
      await viewer.observe(...invocation);
      await operator.observe(...invocation);
    }),
    changing: await FaultProxy.start(endpoint, noFault, operator.observe),
  };
  await writeFile(join(folder, "recipe.mjs"), `export default ${JSON.stringify(RECIPE)};`);
  // A profile selects AWS, where resource names must be given.
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const keys = [`aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key = ${secretAccessKey}`];
  await writeFile(
    join(folder, "aws-config"),
    ["[profile cloud]", `region = ${sandbox.region}`, ...keys].join("\n"),
  );
  await putSource();
  const recipe = defineRecipe(RECIPE);
  await prepareCatalog(sandbox, {
    recipe,
    endpoint,
    credentials: sandbox.credentials,
    visibility: 60,
  });
  await takeAll(sandbox, resources.lanes.small.url);
});
afterAll(async () => {
  cli?.kill();
  for (const proxy of Object.values(proxies)) await proxy[Symbol.asyncDispose]();
  await sandbox.close();
});

/** Stores a picture, a manifest with a missing rendition, and an object that no preset writes. */
async function putSource(): Promise<void> {
  const { s3, resources } = sandbox;
  const { sourceBucket: bucket, renditionBucket } = resources;
  const key = "in/a.jpg";
  const Body = await sharp(noise(32, 32)).jpeg().toBuffer();
  const stored = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  const source = { bucket, key, etag: stored.ETag ?? "", bytes: Body.length };
  const recipe = recipeFingerprint(defineRecipe(RECIPE), ENCODER);
  const [width, height, bytes] = [16, 16, 9];
  const thumb = { preset: "thumb", key: "out/thumb/a.jpg.webp", width, height, bytes };
  const renditions = [{ ...thumb, format: "webp", etag: '"e"', fingerprint: "f" }] as const;
  const rest = { renditions: [...renditions], stale: [], at: "2026-01-01T00:00:00.000Z" };
  const manifest = { version: 1, revision: "r", seq: 1, source, recipe, ...rest } as const;
  const store = new RenditionStore(s3, renditionBucket);
  await store.putManifest("out/manifests/a.jpg.json", manifest, undefined, never);
  const type = { contentType: "image/webp", cacheControl: "no-cache", fingerprint: "1" };
  const ghost = { key: "out/ghost/a.jpg.webp", source, body: Buffer.from("x") };
  await store.put({ ...ghost, ...type }, never);
}

/** Runs a command on the fleet. */
async function imagefleet(by: keyof typeof proxies, line: string, env: NodeJS.ProcessEnv = {}) {
  const ended = await run(argsOf(by, line), { cwd: sandbox.folder, env });
  if (ended.code === 1) throw new Error(`${line}: ${ended.stderr}`);
  return ended;
}

function argsOf(by: keyof typeof proxies, line: string): string[] {
  const recipe = /^(audit|catalog|fleet|picture|reprocess|estimate|tune|purge)/.test(line)
    ? ["--recipe", "recipe.mjs"]
    : [];
  return [...line.split(" "), ...recipe, "--endpoint", proxies[by].endpoint, "--data", "."];
}

/** The environment of a fleet on AWS: a queue by its URL, dead-letter queues by redrive policy. */
function awsEnvironment(): NodeJS.ProcessEnv {
  const { lanes } = sandbox.resources;
  return {
    AWS_PROFILE: "cloud",
    AWS_CONFIG_FILE: join(sandbox.folder, "aws-config"),
    IMAGEFLEET_SMALL_QUEUE_URL: lanes.small.url,
    IMAGEFLEET_LARGE_QUEUE_URL: "imagefleet-large",
  };
}

it("read-only commands need exactly the recorded permissions", async () => {
  await putDeadLetters(sandbox, [
    { key: "in/a.jpg", reason: "Internal" },
    { key: "in/gone.jpg", reason: "Crashed" },
    { key: "in/big.jpg", reason: "TimedOut", lane: "large" },
  ]);
  const bucket = sandbox.resources.sourceBucket;
  const commands = [
    "dlq summary --json",
    "dlq export dead-letters.ndjson",
    "audit --json",
    "catalog check --json",
    "fleet --json",
    "picture in/a.jpg --json",
    "reprocess --only-stale --dry-run --json",
    `estimate s3://${bucket}/in/ --sample 1 --json`,
    `tune s3://${bucket}/in/ --sample 1 --least cpu --json`,
  ];
  for (const line of commands) await imagefleet("reading", line);
  const { stdout } = await imagefleet("reading", "dlq list --json");
  const [first = ""] = stdout.split("\n");
  const { id }: { id: string } = JSON.parse(first);
  await imagefleet("reading", `dlq show ${id}`);
  await imagefleet("reading", "status --json --profile cloud", awsEnvironment());
  // The error for a wrong name lists the existing ones.
  expect((await imagefleet("reading", "status --small-queue no-queue")).code).toBe(2);
  expect((await imagefleet("reading", "audit --source-bucket no-bucket")).code).toBe(2);

  expect(viewer.unknown).toEqual([
    "local: GetQueueUrl: no-queue is not a queue of the fleet",
    "local: HeadBucket: no-bucket is not a bucket of the fleet",
  ]);
  await expect(asFile(viewer.needed())).toMatchFileSnapshot(recordedFile("viewer"));
}, 120_000);

it("commands that change something need exactly the recorded permissions", async () => {
  const { resources, folder } = sandbox;
  await imagefleet("changing", "dlq redrive --reason Internal --reason TimedOut --yes");
  await imagefleet("changing", "dlq discard --yes --export gone.ndjson");
  await imagefleet("changing", "dlq import dead-letters.ndjson");
  // Enqueues sources with missing renditions, and removes objects that no preset writes.
  await imagefleet("changing", "audit --repair --yes");
  for (const { url } of Object.values(resources.lanes)) await takeAll(sandbox, url);
  await imagefleet("changing", "catalog rebuild");

  const lines = [{ key: "in/a.jpg" }, { key: "in/large.jpg", bytes: 30 * 2 ** 20 }];
  await writeFile(
    join(folder, "keys.ndjson"),
    lines.map((each) => JSON.stringify(each)).join("\n"),
  );
  cli = new Cli(argsOf("changing", "reprocess --from keys.ndjson --yes --wait"), { cwd: folder });
  let hasEnded = false;
  const ended = cli.ended().finally(() => {
    hasEnded = true;
  });
  while (!hasEnded)
    for (const { url } of Object.values(resources.lanes)) await takeAll(sandbox, url);
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);

  await using cloudFront = await CloudFrontServer.start();
  const origins = [`${resources.renditionBucket}.s3.us-east-1.amazonaws.com`];
  cloudFront.distributions = [{ id: "E1", domainName: "d1.cloudfront.net", origins }];
  cloudFront.onCall = (operation) => operator.add("cloud", cloudFrontNeed(operation));
  const onAws = {
    ...awsEnvironment(),
    ...RESOLVE_LOCALLY,
    IMAGEFLEET_RENDITION_BUCKET: resources.renditionBucket,
    AWS_ENDPOINT_URL_S3: proxies.changing.endpoint.replace("127.0.0.1", "servers"),
    AWS_ENDPOINT_URL_CLOUDFRONT: cloudFront.endpoint,
  };
  const purge = ["purge", "in/a.jpg", "--wait", "--recipe", "recipe.mjs", "--data", "."];
  const purged = await run(purge, { cwd: folder, env: onAws });
  expect(purged.code, purged.stderr).toBe(0);
  const warm = ["warm", "--recipe", "recipe.mjs", "--data", "."];
  const warmed = await run(warm, { cwd: folder, env: onAws });
  expect(warmed.code, warmed.stderr).toBe(0);

  expect(operator.unknown).toEqual(viewer.unknown);
  await expect(asFile(operator.needed())).toMatchFileSnapshot(recordedFile("operator"));
}, 120_000);

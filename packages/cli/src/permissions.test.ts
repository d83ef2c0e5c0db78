import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ENCODER } from "@imagefleet/core/image";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { RenditionStore } from "@imagefleet/core/store";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { asFile, CallRecorder, localPlaces, recordedFile } from "@imagefleet/local/permissions";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bury, takeAll } from "./dlq/fixtures/letters.ts";
import { Cli, run } from "./fixtures/cli.ts";
import { noise } from "./fixtures/pictures.ts";

const RECIPE = {
  source: { prefix: "in/", suffixes: [".jpg"] },
  output: { prefix: "out/" },
  presets: { thumb: "16x16" },
};
const THUMB = "out/thumb/fresh.jpg.webp";
const never = new AbortController().signal;

let sandbox: Sandbox;
/** What they need who only look, and what they need who also change something. */
let viewer: CallRecorder;
let operator: CallRecorder;
let proxies: Record<"looking" | "changing", FaultProxy>;
let cli: Cli | undefined;

beforeAll(async () => {
  sandbox = await startSandbox();
  const { endpoint, folder, resources } = sandbox;
  const places = localPlaces({ source: "in/", renditions: "out/" });
  viewer = new CallRecorder(places);
  operator = new CallRecorder(places);
  const none = () => undefined;
  proxies = {
    looking: await FaultProxy.start(endpoint, none, async (...call) => {
      await viewer.observe(...call);
      await operator.observe(...call);
    }),
    changing: await FaultProxy.start(endpoint, none, operator.observe),
  };
  await writeFile(join(folder, "recipe.mjs"), `export default ${JSON.stringify(RECIPE)};`);
  // The command line takes a profile for a cloud: names are then given, and what is not is asked for.
  const keys = ["aws_access_key_id = somebody", "aws_secret_access_key = local"];
  await writeFile(
    join(folder, "aws-config"),
    ["[profile cloud]", `region = ${sandbox.region}`, ...keys].join("\n"),
  );
  await putSource("in/fresh.jpg", recipeFingerprint(defineRecipe(RECIPE), ENCODER));
  await putSource("in/stale.jpg", "another");
  await takeAll(sandbox, resources.lanes.small.url);
});
afterAll(async () => {
  cli?.kill();
  for (const proxy of Object.values(proxies)) await proxy[Symbol.asyncDispose]();
  await sandbox.close();
});

/** A picture, and a manifest of it that is of this recipe. */
async function putSource(key: string, recipe: string): Promise<void> {
  const { s3, resources } = sandbox;
  const { sourceBucket: bucket, renditionBucket } = resources;
  const Body = await sharp(noise(32, 32)).jpeg().toBuffer();
  const { ETag: etag = "" } = await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body }),
  );
  const source = { bucket, key, etag, bytes: Body.length };
  const rest = { revision: key, renditions: [], stale: [], at: new Date().toISOString() };
  const at = `out/manifests/${key.slice("in/".length)}.json`;
  const manifest = { version: 1, source, recipe, ...rest } as const;
  await new RenditionStore(s3, renditionBucket).putManifest(at, manifest, undefined, never);
}

async function putOwn(key: string): Promise<void> {
  const body = Buffer.from("x");
  const type = { contentType: "image/webp", cacheControl: "no-cache", fingerprint: "1" };
  const store = new RenditionStore(sandbox.s3, sandbox.resources.renditionBucket);
  await store.put({ key, body, ...type }, never);
}

/** Runs a command that speaks to the fleet. */
async function imagefleet(by: keyof typeof proxies, line: string, env: NodeJS.ProcessEnv = {}) {
  const ended = await run(argsOf(by, line), { cwd: sandbox.folder, env });
  if (ended.code === 1) throw new Error(`${line}: ${ended.stderr}`);
  return ended;
}

function argsOf(by: keyof typeof proxies, line: string): string[] {
  const recipe = /^(audit|reprocess|estimate)/.test(line) ? ["--recipe", "recipe.mjs"] : [];
  return [...line.split(" "), ...recipe, "--endpoint", proxies[by].endpoint, "--data", "."];
}

/** As where the fleet is in AWS: queues by URL, as SST's links say, dead letters by redrive policy. */
function inACloud(): NodeJS.ProcessEnv {
  const { lanes } = sandbox.resources;
  return {
    AWS_PROFILE: "cloud",
    AWS_CONFIG_FILE: join(sandbox.folder, "aws-config"),
    SST_RESOURCE_Small: JSON.stringify({ url: lanes.small.url }),
    IMAGEFLEET_LARGE_QUEUE_URL: "imagefleet-large",
  };
}

it("who looks needs what is recorded, and nothing else", async () => {
  await bury(sandbox, [
    { key: "in/fresh.jpg", reason: "Internal" },
    { key: "in/gone.jpg", reason: "Crashed" },
    { key: "in/big.jpg", reason: "TimedOut", lane: "large" },
  ]);
  const bucket = sandbox.resources.sourceBucket;
  const looks = [
    "status --json",
    "dlq summary --json",
    "dlq export letters.ndjson",
    "audit --json",
    "reprocess --dry-run --json",
    "reprocess --only-stale --dry-run --json",
    `estimate s3://${bucket}/in/ --sample 1 --json`,
  ];
  for (const line of looks) await imagefleet("looking", line);
  const { stdout } = await imagefleet("looking", "dlq list --json");
  const [first = ""] = stdout.split("\n");
  const { id }: { id: string } = JSON.parse(first);
  await imagefleet("looking", `dlq show ${id}`);
  await imagefleet("looking", "status --json --profile cloud", inACloud());
  // Names that are wrong: it says which there are.
  expect((await imagefleet("looking", "status --small-queue no-queue")).code).toBe(2);
  expect((await imagefleet("looking", "audit --source-bucket no-bucket")).code).toBe(2);

  expect(viewer.unknown).toEqual([
    "local: GetQueueUrl: no queue of the fleet: no-queue",
    "local: HeadBucket: no bucket of the fleet: no-bucket",
  ]);
  await expect(asFile(viewer.needed())).toMatchFileSnapshot(recordedFile("viewer"));
}, 120_000);

it("who changes something needs what is recorded besides, and nothing else", async () => {
  const { s3, resources, folder } = sandbox;
  const { small } = resources.lanes;
  await imagefleet("changing", "dlq redrive --reason Internal --yes");
  await imagefleet("changing", "dlq redrive --lane large --yes");
  await imagefleet("changing", "dlq discard --yes --export gone.ndjson");
  await imagefleet("changing", "dlq import letters.ndjson");

  await putOwn(THUMB);
  await putOwn("out/ghost/fresh.jpg.webp");
  await imagefleet("changing", "audit --repair --yes");
  await takeAll(sandbox, small.url);
  // Only what no preset writes is left: the command removes it itself.
  await s3.send(new DeleteObjectCommand({ Bucket: resources.sourceBucket, Key: "in/stale.jpg" }));
  const manifest = { Bucket: resources.renditionBucket, Key: "out/manifests/stale.jpg.json" };
  await s3.send(new DeleteObjectCommand(manifest));
  await takeAll(sandbox, small.url);
  await imagefleet("changing", "audit --repair --yes");
  await takeAll(sandbox, small.url);

  const lines = [{ key: "in/fresh.jpg" }, { key: "in/large.jpg", bytes: 30 * 2 ** 20 }];
  await writeFile(
    join(folder, "keys.ndjson"),
    lines.map((each) => JSON.stringify(each)).join("\n"),
  );
  cli = new Cli(argsOf("changing", "reprocess --from keys.ndjson --yes --wait"), { cwd: folder });
  let isOver = false;
  const ended = cli.ended().finally(() => {
    isOver = true;
  });
  while (!isOver) for (const { url } of Object.values(resources.lanes)) await takeAll(sandbox, url);
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);

  expect(operator.unknown).toEqual(viewer.unknown);
  await expect(asFile(operator.needed())).toMatchFileSnapshot(recordedFile("operator"));
}, 120_000);

import { execFileSync } from "node:child_process";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { ENCODER } from "@imagefleet/core/image";
import { deadLetterAttributes, Queue, type ReceivedMessage } from "@imagefleet/core/queue";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { RenditionStore } from "@imagefleet/core/store";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Cli, run } from "../../fixtures/cli.ts";
import { putDeadLetters, takeAll } from "../dlq/fixtures/dead-letters.ts";

let sandbox: Sandbox;
let recipe: string;
let clis: Cli[];
/** The queue of the small lane. */
let lane: Queue;

const RECIPE = { source: { suffixes: [".jpg"] }, presets: { thumb: "16x16" } };

beforeEach(async () => {
  sandbox = await startSandbox();
  recipe = join(sandbox.folder, "recipe.mjs");
  await writeFile(recipe, `export default ${JSON.stringify(RECIPE)};`);
  clis = [];
  lane = new Queue(sandbox.sqs, sandbox.resources.lanes.small.url);
  // The test event of S3.
  await keysIn("small");
});
afterEach(async () => {
  for (const cli of clis) cli.kill();
  await sandbox.close();
});

function args(...more: string[]): string[] {
  const where = ["--endpoint", sandbox.endpoint, "--data", sandbox.folder];
  return ["reprocess", ...more, ...where, "--recipe", recipe];
}

async function reprocess(...more: string[]) {
  const { code, stdout, stderr } = await run(args(...more, "--json"), { cwd: sandbox.folder });
  return { code, stderr, ...(stdout === "" ? {} : JSON.parse(stdout)) };
}

function begin(...more: string[]): Cli {
  const env = { IMAGEFLEET_PROGRESS_MS: "100" };
  const cli = new Cli(args(...more), { cwd: sandbox.folder, env });
  clis.push(cli);
  return cli;
}

/** Writes a file of keys. */
async function keyFile(...keys: readonly string[]): Promise<string> {
  const file = join(sandbox.folder, "keys.txt");
  await writeFile(file, keys.join("\n"));
  return file;
}

/** Keys `0.jpg`, `1.jpg`, … */
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `${n}.jpg`);

/** Receives this many messages of the small lane. */
async function receive(count: number): Promise<ReceivedMessage[]> {
  const messages: ReceivedMessage[] = [];
  while (messages.length < count) {
    messages.push(...(await lane.receive({ leaseSeconds: 30, waitSeconds: 1 })));
  }
  return messages;
}

async function keysIn(lane: "small" | "large"): Promise<string[]> {
  return (await takeAll(sandbox, sandbox.resources.lanes[lane].url)).keys;
}

async function putManifest(key: string, fingerprint: string, etag: string): Promise<void> {
  const store = new RenditionStore(sandbox.s3, sandbox.resources.renditionBucket);
  const source = { bucket: sandbox.resources.sourceBucket, key, etag, bytes: 1 };
  const rest = { revision: key, seq: 1, renditions: [], stale: [], at: new Date().toISOString() };
  const manifest = { version: 1 as const, source, recipe: fingerprint, ...rest };
  const never = new AbortController().signal;
  const at = `manifests/${key}.json`;
  const over = (await store.manifest(at, never))?.etag;
  await store.putManifest(at, manifest, over, never);
}

const put = (Key: string, Body = "x") =>
  sandbox.s3.send(new PutObjectCommand({ Bucket: sandbox.resources.sourceBucket, Key, Body }));

it("enqueues each listed source that the filters select once", async () => {
  const keys = ["a/1.jpg", "a/2.JPG", "b/1.jpg", "b/ü 🐱+%.jpg", "c.jpg"];
  for (const key of [...keys, "a/text.txt", "a/"]) await put(key);
  await put("b/larger.jpg", "x".repeat(100));
  // The events of the uploads.
  await keysIn("small");

  expect(await reprocess("--dry-run")).toMatchObject({ code: 0, sources: 6, others: 2 });
  expect(await keysIn("small")).toEqual([]);
  expect(await reprocess("--yes")).toMatchObject({ code: 0, sent: 6, refused: 0 });
  expect(await keysIn("small")).toEqual([...keys, "b/larger.jpg"].sort());
  const bucket = sandbox.resources.sourceBucket;
  expect(await reprocess(`s3://${bucket}/b/`, "--larger-than", "50", "--yes")).toMatchObject({
    sent: 1,
  });
  expect(await keysIn("small")).toEqual(["b/larger.jpg"]);
});

it("selects only stale sources, by manifest, ETag or preset", async () => {
  const parsed = defineRecipe(RECIPE);
  const now = recipeFingerprint(parsed, ENCODER);
  for (const key of ["new.jpg", "fresh.jpg", "old.jpg", "changed.jpg"]) {
    const { ETag = "" } = await put(key);
    if (key === "fresh.jpg") await putManifest(key, now, ETag);
    if (key === "old.jpg") await putManifest(key, "old", ETag);
    if (key === "changed.jpg") await putManifest(key, now, '"another"');
  }
  await keysIn("small");
  const stale = ["changed.jpg", "new.jpg", "old.jpg"];
  expect(await reprocess("--only-stale", "--yes")).toMatchObject({ sent: 3, skipped: 1 });
  expect(await keysIn("small")).toEqual(stale);
  expect(await reprocess("--preset", "thumb", "--yes")).toMatchObject({ sent: 3 });
  expect(await keysIn("small")).toEqual(stale);
  const wrong = await reprocess("--preset", "huge", "--yes");
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("it has thumb") });
});

it("sends sources of many bytes to the large lane, from lines of JSON", async () => {
  const lines = [
    { key: "small.jpg", bytes: 10 },
    { key: "large.jpg", bytes: 30 * 2 ** 20 },
  ];
  const file = join(sandbox.folder, "keys.ndjson");
  await writeFile(file, lines.map((line) => JSON.stringify(line)).join("\n"));
  await keysIn("small");
  expect(await reprocess("--from", file, "--yes")).toMatchObject({
    lanes: { small: 1, large: 1 },
  });
  expect(await keysIn("large")).toEqual(["large.jpg"]);
  expect(await keysIn("small")).toEqual(["small.jpg"]);
});

it("skips nothing when it is killed and resumed repeatedly", async () => {
  const keys = Array.from({ length: 3_000 }, (_, n) => `p/${n}.jpg`);
  const file = await keyFile(...keys);
  const more = async (than: number) => {
    while ((await lane.counts()).waiting < than);
  };
  const first = begin("--from", file, "--yes", "--max-depth", "0");
  await more(500);
  first.signal("SIGKILL");
  await first.ended();
  const refused = await reprocess("--from", file, "--yes");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("--resume") });
  const checkpoint = join(sandbox.folder, "imagefleet-reprocess.json");
  const recorded = await readFile(checkpoint, "utf8");
  const { sourceBucket } = sandbox.resources;
  await writeFile(checkpoint, recorded.replace(`"${sourceBucket}"`, '"another"'));
  expect(await reprocess("--resume")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`is for the bucket another, and the fleet's source bucket is`),
  });
  await writeFile(checkpoint, recorded);
  const second = begin("--resume", "--max-depth", "0");
  await more(1_900);
  second.signal("SIGINT");
  expect((await second.ended()).code).toBe(130);
  expect(await reprocess("--resume", "--max-depth", "0")).toMatchObject({ code: 0 });
  const sent = (await lane.counts()).waiting;
  const seen = await keysIn("small");
  expect(new Set(seen)).toEqual(new Set(keys));
  expect(sent - keys.length).toBeLessThan(6_000);
  await expect(access(join(sandbox.folder, "imagefleet-reprocess.json"))).rejects.toThrow("ENOENT");
}, 90_000);

it("sends only while few messages wait, and waits until all are done", async () => {
  const keys = numbered(60);
  const file = await keyFile(...keys);
  await keysIn("small");
  const cli = begin("--from", file, "--yes", "--max-depth", "15", "--wait");
  let most = 0;
  let taken = 0;
  const ended = cli.ended();
  while (taken < keys.length) {
    most = Math.max(most, (await lane.counts()).waiting);
    const messages = await lane.receive({ leaseSeconds: 30, waitSeconds: 0 });
    taken += messages.length;
    await lane.deleteBatch(messages);
  }
  const { code, stdout } = await ended;
  expect(code).toBe(0);
  expect(stdout).toContain("no dead letters");
  expect(most).toBeLessThanOrEqual(15);
});

it("reports the dead letters of its own jobs only", async () => {
  const file = await keyFile("dead.jpg", "done.jpg");
  const { small } = sandbox.resources.lanes;
  await keysIn("small");
  const cli = begin("--from", file, "--yes", "--wait", "--json");
  const messages = await receive(2);
  const source = { bucket: sandbox.resources.sourceBucket, key: "dead.jpg" };
  const why = { reason: "SourceCorrupt", message: "it is not an image", lane: "small" } as const;
  for (const message of messages.filter(({ body }) => body.includes("dead.jpg"))) {
    const attributes = deadLetterAttributes({ ...why, source, lastAttemptAt: Date.now() }, message);
    await new Queue(sandbox.sqs, small.deadLetters).send({ body: message.body, attributes });
  }
  // The dead letter of an upload at the same time.
  await putDeadLetters(sandbox, [{ key: "upload.jpg", reason: "Internal" }]);
  await lane.deleteBatch(messages);
  const { code, stdout } = await cli.ended();
  expect(JSON.parse(stdout)).toMatchObject({ sent: 2, deadLetters: { SourceCorrupt: 1 } });
  expect(JSON.parse(stdout).deadLetters).not.toHaveProperty("Internal");
  expect(code).toBe(3);
});

it("fails at once without --yes where no terminal is attached", async () => {
  const file = await keyFile("a.jpg");
  expect(await reprocess("--from", file)).toEqual({
    code: 2,
    stderr:
      "error: reprocess asks before it sends, but stdin is not a terminal: add --yes to proceed without confirmation, or --dry-run to only count\n",
  });
  const { stdout } = await run(args("--from", file, "--dry-run"), { cwd: sandbox.folder });
  expect(stdout).toContain("duration  unknown: no run with --wait");
  expect(stdout).not.toContain("estimate");
});

it.each([
  // A replaced byte makes another key.
  [["--from", "latin1.txt"], "is not UTF-8, so its keys cannot be read"],
  [["--checkpoint", "/dev/zero"], "--checkpoint /dev/zero is not a checkpoint of reprocess"],
  [["--format", "ndjson"], "--format applies only to a file of keys"],
  [["--columns", "Bucket, Key"], "--columns applies only to a file of keys"],
])("refuses %j", async (more, message) => {
  const latin1 = Buffer.from("a.jpg\ncaf\xe9.jpg\n", "latin1");
  await writeFile(join(sandbox.folder, "latin1.txt"), latin1);
  const { code, stderr } = await reprocess(...more, "--yes");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
});

it("suggests a command that can be run as printed when no rate was measured yet", async () => {
  await put("it's/a b.jpg");
  const target = `s3://${sandbox.resources.sourceBucket}/it's/`;
  const { code, stdout } = await run(args(target, "--dry-run"), { cwd: sandbox.folder });
  expect(code).toBe(0);
  expect(stdout).toContain("assuming 0.6 s and 1 rendition for each source");
  const hint = stdout.split("\n").find((line) => line.includes(" estimate ")) ?? "";
  const words = execFileSync("sh", ["-c", `printf '%s\\n' ${hint}`], { encoding: "utf8" });
  const [at, end] = [words.indexOf("estimate\n"), words.length];
  expect(words.slice(at, end).trim().split("\n")).toEqual([
    "estimate",
    target,
    "--recipe",
    recipe,
    "--endpoint",
    sandbox.endpoint,
    "--data",
    sandbox.folder,
  ]);
});

it("reads keys from stdin", async () => {
  const piped = (text: string) => ({
    cwd: sandbox.folder,
    launcher: ["sh", "-c", 'printf "%s\\n" "$0" | "$@"', text],
  });
  const from = args("--from", "-", "--format", "ndjson", "--yes");
  const wrong = await run(from, piped("no JSON"));
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("standard input, line 1 contains no key");
  expect(await run(from, piped(JSON.stringify({ key: "a\nb.jpg" })))).toMatchObject({ code: 0 });
  expect(await keysIn("small")).toEqual(["a\nb.jpg"]);
});

it("reports with --wait how many sources are still stale", async () => {
  const now = recipeFingerprint(defineRecipe(RECIPE), ENCODER);
  const keys = ["made.jpg", "left.jpg"];
  const etags = new Map<string, string>();
  for (const key of keys) etags.set(key, (await put(key)).ETag ?? "");
  await keysIn("small");
  const file = await keyFile(...keys, "gone.jpg");
  const runs = [
    { more: ["--only-stale", "--json"], sent: 2 },
    { more: ["--from", file, "--preset", "thumb"], sent: 3 },
  ];
  for (const { more, sent } of runs) {
    for (const key of keys) await putManifest(key, "old", etags.get(key) ?? "");
    const cli = begin(...more, "--wait", "--yes");
    const messages = await receive(sent);
    await putManifest("made.jpg", now, etags.get("made.jpg") ?? "");
    await lane.deleteBatch(messages);
    const { code, stdout } = await cli.ended();
    if (more.includes("--json")) expect(JSON.parse(stdout)).toMatchObject({ sent, stillStale: 1 });
    else {
      expect(stdout).toContain("1 of 3 sources are still stale");
      expect(stdout).not.toContain("done");
    }
    expect(code).toBe(3);
  }
});

it("refuses a second run with a checkpoint in use, and resumes a killed one", async () => {
  const file = await keyFile(...numbered(40));
  const first = begin("--from", file, "--yes", "--max-depth", "15");
  while ((await lane.counts()).waiting < 10);
  await first.line(
    /^1\d of 40, .*, less than \$0\.01 so far at AWS's prices, 10 waiting \(15 at most\)/,
  );
  const lock = join(sandbox.folder, "imagefleet-reprocess.json.lock");
  const holder = JSON.parse(await readFile(lock, "utf8"));
  for (const more of [
    ["--from", file, "--yes"],
    ["--resume"],
    ["--from", file, "--yes", "--fresh"],
  ]) {
    expect(await reprocess(...more)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`another run is active (pid ${holder.process}, since `),
    });
  }
  expect(await reprocess("--from", file, "--dry-run")).toMatchObject({ code: 0, sources: 40 });
  first.signal("SIGKILL");
  await first.ended();
  expect(await reprocess("--resume", "--max-depth", "0")).toMatchObject({ code: 0, sent: 40 });
  await expect(access(lock)).rejects.toThrow("ENOENT");
  const missing = { ...holder, host: "another" };
  await writeFile(lock, JSON.stringify(missing));
  expect(await reprocess("--from", file, "--yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`(pid ${holder.process} on another, since `),
  });
});

it("counts what it sends twice, and suggests --resume with the options of the run", async () => {
  const file = await keyFile(...numbered(489));
  await keysIn("small");
  const first = begin("--from", file, "--yes", "--max-depth", "15", "--wait");
  while ((await lane.counts()).waiting < 10);
  first.signal("SIGINT");
  const { code, stdout } = await first.ended();
  expect(code).toBe(130);
  expect(stdout).toMatch(/ reprocess --resume --wait /);
  const { waiting } = await lane.counts();
  const second = await reprocess("--resume", "--max-depth", "0");
  expect(second).toMatchObject({ sent: 489, sentBefore: waiting, again: waiting });
  expect(second.stderr).toContain(
    `${waiting} sources sent before, of which ${waiting} are sent again`,
  );
  for (const [, far, total] of second.stderr.matchAll(/(\d+) of (\d+),/g)) {
    expect(Number(far)).toBeLessThanOrEqual(Number(total));
  }
});

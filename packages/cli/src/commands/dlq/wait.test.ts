import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { createSqs } from "@imagefleet/core/aws";
import { Queue } from "@imagefleet/core/queue";
import { type Manifest, RenditionStore } from "@imagefleet/core/store";
import { startFleet } from "@imagefleet/local/fleet";
import { laneUrl, REGION } from "@imagefleet/local/resources";
import { startSandbox } from "@imagefleet/local/sandbox";
import sharp from "sharp";
import { beforeEach, expect, it } from "vitest";
import { openDataFolder } from "../../connection/data-folder.ts";
import { Cli, run } from "../../fixtures/cli.ts";
import { newFolder } from "../../fixtures/folder.ts";
import { cut, noise, put } from "../../fixtures/pictures.ts";
import { putDeadLetters, takeAll } from "./fixtures/dead-letters.ts";

let cwd: string;

beforeEach(async () => {
  cwd = await newFolder();
  await put(cwd, "recipe.mjs", 'export default { presets: { thumb: "20x20" } };');
});

it("waits on a busy fleet until each redriven source is rendered, removed or a dead letter again", async () => {
  await using data = await openDataFolder(join(cwd, "data"), false);
  const recipe = pathToFileURL(join(cwd, "recipe.mjs"));
  const fleet = await startFleet({ dataDir: data.fleet, port: 0, recipe });
  const { endpoint, credentials, sourceBucket } = fleet;
  const sqs = createSqs({ region: REGION, endpoint, credentials });
  try {
    const whole = await sharp(noise(40, 40)).png().toBuffer();
    await put(cwd, "whole.png", whole);
    await put(cwd, "cut.png", cut(whole));
    await fleet.upload("whole.png", join(cwd, "whole.png"));
    await fleet.upload("cut.png", join(cwd, "cut.png"));
    await fleet.idle();
    const urls = { small: await laneUrl(sqs, "small"), large: await laneUrl(sqs, "large") };
    const lanes = {
      small: { deadLetters: `${urls.small}-dlq` },
      large: { deadLetters: `${urls.large}-dlq` },
    };
    // The manifest of the long key would have a key that is too long.
    await putDeadLetters({ sqs, resources: { sourceBucket, lanes } }, [
      { key: "whole.png", reason: "Internal" },
      { key: "gone.png", reason: "TimedOut", lane: "large" },
      { key: `${"k".repeat(1_016)}.png`, reason: "Internal" },
    ]);
    await new Queue(sqs, lanes.small.deadLetters).send({ body: "{}" });
    // The lane is never empty.
    await new Queue(sqs, urls.small ?? "").send({ body: "{}", delaySeconds: 900 });

    const redrive = (...args: string[]) => {
      const where = ["--endpoint", endpoint, "--data", "data", "--recipe", "recipe.mjs"];
      return run(["dlq", "redrive", "--wait", "--yes", ...args, ...where], { cwd });
    };
    const { code, stdout, stderr } = await redrive("--json");
    expect(JSON.parse(stdout || stderr)).toMatchObject({
      redriven: 5,
      wait: {
        ...{ rendered: 1, removed: 1, left: 0, notFollowed: 1, error: null },
        failedAgain: [
          { reason: "RecipeUnsatisfiable", deadLetters: 1 },
          { reason: "SourceCorrupt", deadLetters: 1 },
        ],
      },
    });
    expect(code).toBe(3);
    await fleet.upload("cut.png", join(cwd, "whole.png"));
    const again = await redrive("--reason", "SourceCorrupt");
    expect(again.stdout).toContain(
      "1 dead letter with reason SourceCorrupt redriven: 1 rendered\n",
    );
    expect(again.code).toBe(0);
  } finally {
    sqs.destroy();
    await fleet.stop();
  }
}, 60_000);

it("counts a manifest or a dead letter only if it is newer, and ends at Ctrl-C with what is left", async () => {
  const sandbox = await startSandbox();
  const { resources, s3 } = sandbox;
  const { sourceBucket: bucket, renditionBucket, lanes } = resources;
  const renditions = new RenditionStore(s3, renditionBucket);
  const never = new AbortController().signal;
  const upload = (Key: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "x" }));
  const putManifest = (key: string, etag = "", more: Pick<Manifest, "rejected"> = {}) => {
    const rest = { revision: "r", seq: 1, recipe: "1", renditions: [], stale: [], at: "2026" };
    const manifest = {
      version: 1,
      source: { bucket, key, etag, bytes: 1 },
      ...rest,
      ...more,
    } as const;
    return renditions.putManifest(`manifests/${key}.json`, manifest, undefined, never);
  };
  let cli: Cli | undefined;
  try {
    // It is up to date already.
    await putManifest("same.jpg", (await upload("same.jpg")).ETag);
    await upload("other.jpg");
    await takeAll(sandbox, lanes.small.url);
    const large = new Queue(sandbox.sqs, lanes.large.deadLetters);
    await putDeadLetters(sandbox, [
      { key: "fails.jpg", reason: "DiskFull", hoursAgo: 10, lane: "large" },
    ]);
    const [held] = await large.receive({ leaseSeconds: 600, waitSeconds: 0 });
    if (held === undefined) throw new Error("no dead letter");
    await putDeadLetters(sandbox, [
      { key: "fails.jpg", reason: "TimedOut", hoursAgo: 9 },
      { key: "fails.jpg", reason: "TimedOut", hoursAgo: 8 },
      { key: "same.jpg", reason: "TimedOut" },
      { key: "other.jpg", reason: "TimedOut" },
      { key: "rejected.jpg", reason: "TimedOut" },
      // These stay, and are no news of the redrive.
      { key: "same.jpg", reason: "Internal", hoursAgo: 0 },
      { key: "fails.jpg", reason: "Internal", hoursAgo: 0, lane: "large" },
    ]);
    const where = ["--endpoint", sandbox.endpoint, "--data", sandbox.folder];
    const which = ["--reason", "TimedOut", "--lane", "small", "--recipe", "recipe.mjs"];
    cli = new Cli(["dlq", "redrive", "--wait", "--yes", "--json", ...which, ...where], { cwd });
    await cli.line(/^settled 0 of 5$/);
    const rejected = { reason: "SourceTooLarge", message: "it is", by: "1" } as const;
    await putManifest("rejected.jpg", (await upload("rejected.jpg")).ETag, { rejected });
    await putManifest("other.jpg", '"of an earlier content"');
    // Older than the redriven ones, and seen for the first time.
    await large.changeVisibility(held, 0);
    await putDeadLetters(sandbox, [
      { key: "unrelated.jpg", reason: "Internal", hoursAgo: 0 },
      { key: "fails.jpg", reason: "OutOfMemory", redriven: 1, lane: "large", hoursAgo: 0 },
    ]);
    await cli.line(/^settled 3 of 5, 3 failed again$/);
    cli.signal("SIGINT");
    const { code, stdout, stderr } = await cli.ended();
    expect(code, stderr).toBe(130);
    expect(JSON.parse(stdout).wait).toEqual({
      ...{ rendered: 0, removed: 0, left: 2, notFollowed: 0, error: null },
      failedAgain: [
        { reason: "OutOfMemory", deadLetters: 2 },
        { reason: "SourceTooLarge", deadLetters: 1 },
      ],
    });
  } finally {
    cli?.kill();
    await sandbox.close();
  }
}, 60_000);

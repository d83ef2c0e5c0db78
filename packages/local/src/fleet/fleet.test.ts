import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PutObjectCommand, RestoreObjectCommand } from "@aws-sdk/client-s3";
import { createS3 } from "@imagefleet/core/aws";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { REGION } from "../resources/index.ts";
import type { Fleet, FleetOptions, JobReport } from "./fleet.ts";
import { startFleet } from "./start.ts";

/** The limit of the small lane, small enough for test pictures. */
const SMALL_BYTES = 200_000;

let folder: string;
let fleet: Fleet;
let reports: JobReport[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-fleet-"));
  reports = [];
});
afterEach(async () => {
  await fleet.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(more: Partial<FleetOptions> = {}): Promise<Fleet> {
  const recipe = join(folder, "recipe.js");
  const presets = { thumb: "64x64", small: { size: "320w", format: "jpeg" } };
  const text = JSON.stringify({ presets, lanes: { smallBytes: SMALL_BYTES } });
  await writeFile(recipe, `export default ${text};`);
  fleet = await startFleet({
    dataDir: join(folder, "data"),
    port: 0,
    recipe: pathToFileURL(recipe),
    functionTimeoutMs: 3_000,
    leaseSeconds: 3,
    ...more,
  });
  fleet.onJob((report) => reports.push(report));
  return fleet;
}

/** Noise does not compress: a picture's bytes grow with its sides. */
async function noise(name: string, side: number): Promise<string> {
  const file = join(folder, name);
  const noiseOf = { type: "gaussian", mean: 128, sigma: 60 } as const;
  const create = {
    width: side,
    height: side,
    channels: 3,
    background: "#000",
    noise: noiseOf,
  } as const;
  await sharp({ create }).jpeg({ quality: 90 }).toFile(file);
  return file;
}

/** Each source's renditions, as preset names, from its manifest. */
async function presetsOf(keys: readonly string[]): Promise<Record<string, string[]>> {
  const entries = keys.map(async (key) => {
    const renditions = await fleet.renditions(key);
    return [key, renditions.map(({ preset }) => preset).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function nextReport(matches: (report: JobReport) => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  fleet.onJob((report) => matches(report) && resolve());
  await promise;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process has already ended.
  }
}

describe("the fleet", () => {
  it("renders images through both lanes, and moves a broken one to the dead-letter queue", async () => {
    await start();
    const good = await noise("good.jpg", 200);
    const big = await noise("big.jpg", 900);
    const odd = "a b+c%20'\"/../ü/🐱.jpg";
    await fleet.upload(odd, good);
    await fleet.upload("big.jpg", big);
    const text = join(folder, "text.jpg");
    await writeFile(text, "this is no picture");
    await fleet.upload("text.jpg", text);
    await fleet.idle();

    const both = ["small", "thumb"];
    expect(await presetsOf([odd, "big.jpg"])).toEqual({ [odd]: both, "big.jpg": both });
    const last = new Map(reports.map((report) => [report.key, report]));
    expect(last.get(odd)).toMatchObject({ lane: "small", outcome: "rendered" });
    expect(last.get("big.jpg")).toMatchObject({ lane: "large", outcome: "rendered" });
    expect(await fleet.deadLetters()).toMatchObject([
      { key: "text.jpg", lane: "small", reason: "SourceUnsupported" },
    ]);
    // Reading does not remove dead letters.
    expect((await fleet.status()).deadLetters).toEqual({ small: 1, large: 0 });
  });

  it("rejects an archived source at once, and makes its renditions when it is restored", async () => {
    const { endpoint, credentials, sourceBucket: Bucket } = await start();
    const s3 = createS3({ endpoint, region: REGION, credentials });
    onTestFinished(() => s3.destroy());
    const source = { Bucket, Key: "cold.jpg" };
    const Body = await readFile(await noise("cold.jpg", 200));
    await s3.send(new PutObjectCommand({ ...source, Body, StorageClass: "GLACIER" }));
    await fleet.idle();
    expect(reports).toMatchObject([{ key: source.Key, outcome: "rejected" }]);
    expect(await fleet.deadLetters()).toMatchObject([
      { key: source.Key, lane: "small", reason: "SourceArchived" },
    ]);
    expect(await fleet.renditions(source.Key)).toEqual([]);

    await s3.send(new RestoreObjectCommand({ ...source, RestoreRequest: { Days: 1 } }));
    await fleet.idle();
    expect(reports.at(-1)).toMatchObject({ key: source.Key, outcome: "rendered" });
    expect(await presetsOf([source.Key])).toEqual({ [source.Key]: ["small", "thumb"] });
    expect(await fleet.deadLetters()).toHaveLength(1);
  });

  it("finishes every source when function processes are killed during a batch", async () => {
    await start();
    const file = await noise("picture.jpg", 250);
    const keys = Array.from({ length: 24 }, (_, index) => `batch/${index}.jpg`);
    const mayHaveRun = nextReport(() => true);
    for (const key of keys) await fleet.upload(key, file);
    await mayHaveRun;
    for (const pid of fleet.processes().functions) kill(pid);
    await fleet.idle();
    const done = await presetsOf(keys);
    for (const key of keys) expect(done[key]).toEqual(["small", "thumb"]);
    expect(await fleet.deadLetters()).toEqual([]);
  });

  it("finishes every source when the worker is killed with a message in flight", async () => {
    await start();
    const file = await noise("picture.jpg", 1500);
    const keys = ["large/0.jpg", "large/1.jpg", "large/2.jpg"];
    const ended = Promise.withResolvers<string>();
    fleet.onNotice((text) => text.includes("worker") && ended.resolve(text));
    const forwarded = nextReport(({ outcome }) => outcome === "forwarded");
    for (const key of keys) await fleet.upload(key, file);
    await forwarded;
    while ((await fleet.status()).lanes.large.inFlight === 0);
    const { workers } = fleet.processes();
    expect(workers).toHaveLength(1);
    for (const pid of workers) kill(pid);
    expect(await ended.promise).toContain("SIGKILL");
    await fleet.idle();
    const done = await presetsOf(keys);
    for (const key of keys) expect(done[key]).toEqual(["small", "thumb"]);
    expect(await fleet.deadLetters()).toEqual([]);
  });

  it("moves a source that always ends the function to the dead-letter queue as Crashed", async () => {
    await start({ functionTimeoutMs: 700 });
    await fleet.upload("a.jpg", await noise("a.jpg", 64));
    // Faster than a process loads its handler: none can do a job or record a reason.
    while ((await fleet.status()).deadLetters.small === 0) {
      for (const pid of fleet.processes().functions) kill(pid);
    }
    expect(await fleet.deadLetters()).toContainEqual(
      expect.objectContaining({ key: "a.jpg", reason: "Crashed", lane: "small" }),
    );
  });

  it("keeps renditions and dead letters over a restart, on another port", async () => {
    await start();
    await fleet.upload("a.jpg", await noise("a.jpg", 64));
    const text = join(folder, "text.jpg");
    await writeFile(text, "no picture");
    await fleet.upload("text.jpg", text);
    await fleet.idle();
    await fleet.stop();
    await start();
    expect(await presetsOf(["a.jpg"])).toEqual({ "a.jpg": ["small", "thumb"] });
    expect(await fleet.deadLetters()).toHaveLength(1);
    reports = [];
    await fleet.upload("a.jpg", join(folder, "a.jpg"));
    await fleet.idle();
    expect(reports).toMatchObject([{ key: "a.jpg", outcome: "unchanged" }]);
  });

  it("leaves no process behind when it is stopped with messages in flight", async () => {
    await start();
    const file = await noise("picture.jpg", 400);
    for (let n = 0; n < 12; n++) await fleet.upload(`${n}.jpg`, file);
    const { functions, workers } = fleet.processes();
    await fleet.stop();
    for (const pid of [...functions, ...workers]) {
      expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    }
    await start();
    await fleet.idle();
    const keys = Array.from({ length: 12 }, (_, n) => `${n}.jpg`);
    const done = await presetsOf(keys);
    for (const key of keys) expect(done[key]).toEqual(["small", "thumb"]);
  });

  it("reports the messages of an earlier run without S3's test event", async () => {
    const none = { waiting: 0, inFlight: 0 };
    expect((await start()).older).toEqual({ small: none, large: none });
    await fleet.idle();
    await fleet.stop();
    expect((await start()).older).toEqual({ small: none, large: none });
  });

  it.runIf(process.platform !== "win32")(
    "runs its programs outside of the terminal's process group",
    async () => {
      const { functions, workers } = (await start()).processes();
      // Each program leads its own process group.
      for (const pid of [...functions, ...workers])
        expect(() => process.kill(-pid, 0)).not.toThrow();
      expect(workers).toHaveLength(1);
    },
  );
});

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import {
  DeleteObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { createS3 } from "@imagefleet/core/aws";
import { ENCODER } from "@imagefleet/core/image";
import {
  defineRecipe,
  presetFingerprint,
  type RecipeInput,
  recipeFingerprint,
} from "@imagefleet/core/recipe";
import { RenditionStore } from "@imagefleet/core/store";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import { REGION } from "@imagefleet/local/resources";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../connection/connect.ts";
import { type DataFolder, openDataFolder } from "../../connection/data-folder.ts";
import { run } from "../../fixtures/cli.ts";
import { noise } from "../../fixtures/pictures.ts";
import { nextSteps } from "./next.ts";
import type { Step } from "./picture.ts";
import { readPicture } from "./read.ts";

const RECIPE = {
  presets: {
    thumb: "16x16",
    hero: { widths: [20, 40, 400, 800], formats: ["webp", "jpeg"], when: { jpeg: "request" } },
  },
} as const;
const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const CONTENT = {
  contentType: "image/webp",
  cacheControl: "no-cache",
  body: Buffer.from("x"),
} as const;
const never = new AbortController().signal;

let folder: string;
let data: DataFolder;
let fleet: Fleet;
let s3: S3Client;
let store: RenditionStore;
let picture64: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-picture-"));
  await writeFile(join(folder, "recipe.mjs"), `export default ${JSON.stringify(RECIPE)};`);
  data = await openDataFolder(join(folder, "data"), false);
  fleet = await startFleet({
    dataDir: data.fleet,
    port: 0,
    recipe: pathToFileURL(join(folder, "recipe.mjs")),
    catalog: true,
  });
  await data.announce(fleet);
  s3 = createS3({ ...fleet, region: REGION });
  store = new RenditionStore(s3, fleet.renditionBucket);
  picture64 = await sharp(noise(64, 64)).jpeg().toBuffer();
  for (const key of ["cats/tom.jpg", "replaced.jpg", "gone.jpg", "hole.jpg", "old.jpg"]) {
    await upload(key, picture64);
  }
  await upload("broken.jpg", "no picture");
  await fleet.idle();
  // From here on the fleet does not learn of changes by itself.
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: fleet.sourceBucket,
      NotificationConfiguration: {},
    }),
  );
}, 120_000);
afterAll(async () => {
  await fleet.stop();
  await data[Symbol.asyncDispose]();
  s3.destroy();
  await rm(folder, { recursive: true });
});

async function upload(Key: string, Body: Buffer | string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: fleet.sourceBucket, Key, Body }));
}

async function remove(Bucket: string, Key: string): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
}

function cli(...args: string[]) {
  const where = ["--recipe", "recipe.mjs", "--data", join(folder, "data")];
  return run(["picture", ...args, ...where], { cwd: folder });
}

interface LookOptions {
  readonly recipe?: RecipeInput;
  readonly endpoint?: string;
  readonly deadLetters?: boolean;
}

/** Reads a picture as the command does, in this process. */
async function look(name: string, options: LookOptions = {}) {
  const { recipe = RECIPE, endpoint, deadLetters = true } = options;
  const where = { data: join(folder, "data"), ...(endpoint !== undefined && { endpoint }) };
  using connection = await connect(where);
  const given = {
    connection: where,
    name,
    recipe: join(folder, "recipe.mjs"),
    isRecipeNamed: true,
    deadLetters,
    lease: 60,
    since: 0,
  };
  const found = await readPicture(given, defineRecipe(recipe), connection, never);
  const { renditions, state, why } = found.judgement;
  return {
    ...found,
    ...found.looked,
    state,
    why: why.join(" "),
    states: Object.fromEntries(renditions.map((each) => [each.key, each.state])),
    next: nextSteps(found, given, {
      command: (text) => `node ${MAIN} ${text} --data ${where.data}`,
    }),
  };
}

/** Runs the first command that is suggested, as a shell does. */
async function follow({ next: [step] }: { readonly next: readonly Step[] }): Promise<void> {
  const path = `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`;
  await promisify(execFile)("sh", ["-c", step?.command ?? "false"], {
    cwd: folder,
    env: { PATH: path, HOME: folder },
  });
  await fleet.idle();
}

it("prints a source that is up to date as JSON, with the addresses of its renditions", async () => {
  const { code, stdout, stderr } = await cli("cats/tom.jpg", "--json", "--logs");
  expect(code, stderr).toBe(0);
  const json = JSON.parse(stdout);
  expect(json).toMatchObject({
    version: 1,
    key: "cats/tom.jpg",
    bucket: fleet.sourceBucket,
    state: "up-to-date",
    source: { state: "present", bytes: picture64.length, own: false, versionId: null },
    manifest: { outcome: "rendered", isOfRecipe: true, width: 64, height: 64, format: "jpeg" },
    deadLetters: [],
    logs: null,
    warnings: [],
  });
  expect(json.logsWarning).toMatch(/^A local fleet keeps no log/);
  const events: string[] = json.history.map(({ event }: { event: string }) => event);
  expect(events[0]).toBe("source");
  expect(events.filter((each) => each === "rendition")).toHaveLength(4);
  expect(events).toEqual(expect.arrayContaining(["manifest", "catalog"]));
  const lazy = json.renditions.find(({ key }: { key: string }) =>
    key.endsWith("40w/cats/tom.jpg.jpg"),
  );
  expect(lazy).toMatchObject({ state: "on-request", width: 40, height: 40, bytes: null });
  const again = await look(lazy.address);
  expect(again.key).toBe("cats/tom.jpg");
  // The width of 400 is made in the source's own size, and the one of 800 not at all.
  expect(again.states).toEqual({
    "thumb/cats/tom.jpg.webp": "present",
    "hero-20w/cats/tom.jpg.webp": "present",
    "hero-40w/cats/tom.jpg.webp": "present",
    "hero-400w/cats/tom.jpg.webp": "present",
    "hero-20w/cats/tom.jpg.jpg": "on-request",
    "hero-40w/cats/tom.jpg.jpg": "on-request",
    "hero-400w/cats/tom.jpg.jpg": "on-request",
  });
});

it("prints tables and commands for a person, and exits with 3 for what is not up to date", async () => {
  const { stdout } = await cli("cats/tom.jpg");
  expect(stdout).toContain(`s3://${fleet.sourceBucket}/cats/tom.jpg  up-to-date\n`);
  expect(stdout).toMatch(/\nthumb\/cats\/tom\.jpg\.webp +16x16 +\d+ B +present +/);
  expect(stdout).toMatch(/\nNext:\n {2}.* warm cats\/tom\.jpg --recipe /);
  const hostile = await cli("a\u202egpj\u001b[31m\nb.jpg");
  expect(hostile.stdout).toContain("a\ufffdgpj\ufffd[31m\ufffdb.jpg  missing\n");
  expect(hostile.code).toBe(3);
});

it("names the presets that a new recipe changes", async () => {
  const presets = { ...RECIPE.presets, thumb: "24x24", extra: "10w" } as const;
  const { state, why, states } = await look("cats/tom.jpg", { recipe: { presets } });
  expect(state).toBe("stale");
  expect(why).toMatch(
    /^The recipe has changed .*: thumb \(webp\) was made by other settings of the preset thumb.*; extra \(webp\) is new\./,
  );
  expect(states).toMatchObject({
    "thumb/cats/tom.jpg.webp": "outdated",
    "hero-20w/cats/tom.jpg.webp": "present",
    "extra/cats/tom.jpg.webp": "missing",
  });
  expect(states).not.toHaveProperty("hero-800w/cats/tom.jpg.webp");
  const { hero } = RECIPE.presets;
  const less = await look("cats/tom.jpg", { recipe: { presets: { hero } } });
  expect(less.why).toContain("the recipe has thumb no more");
  expect(less.states["thumb/cats/tom.jpg.webp"]).toBe("left-over");
  const eager = { ...hero, when: "request" } as const;
  const later = await look("cats/tom.jpg", {
    recipe: { presets: { ...RECIPE.presets, hero: eager } },
  });
  expect(later.why).toContain("hero-20w (webp) is now made at the first request");
});

it("recognizes an encoder of an earlier version", async () => {
  const recipe = defineRecipe(RECIPE);
  const earlier = ENCODER.replace(/\d+$/, (minor) => String(Number(minor) - 1));
  const at = "manifests/old.jpg.json";
  const stored = await store.manifest(at, never);
  if (stored?.manifest === undefined) throw new Error("the source was rendered");
  const { source } = stored.manifest;
  const formerly = new Map(
    recipe.presets.map((each) => [
      presetFingerprint(each, ENCODER),
      presetFingerprint(each, earlier),
    ]),
  );
  const of = <T extends { fingerprint: string }>(one: T) => ({
    ...one,
    fingerprint: formerly.get(one.fingerprint) ?? "",
  });
  const manifest = {
    ...stored.manifest,
    recipe: recipeFingerprint(recipe, earlier),
    renditions: stored.manifest.renditions.map(of),
    onRequest: stored.manifest.onRequest?.map(of),
  };
  await store.putManifest(at, manifest, stored.etag, never);
  const [thumb] = manifest.renditions;
  if (thumb === undefined) throw new Error("the source was rendered");
  const { key, fingerprint } = thumb;
  await store.put({ key, source, fingerprint, ...CONTENT }, never);
  const { state, why, states } = await look("old.jpg");
  expect([state, states["thumb/old.jpg.webp"]]).toEqual(["stale", "outdated"]);
  expect(why).toContain(
    `thumb (webp) was made by the encoder ${earlier}, and the present one is ${ENCODER}`,
  );
});

it("shows that the source was replaced, and suggests a command that renders it", async () => {
  await upload("replaced.jpg", await sharp(noise(32, 32)).jpeg().toBuffer());
  const before = await look("replaced.jpg");
  expect([before.state, before.states["thumb/replaced.jpg.webp"]]).toEqual(["stale", "outdated"]);
  expect(before.why).toMatch(/^The source was replaced: its ETag is /);
  await follow(before);
  expect((await look("replaced.jpg")).state).toBe("up-to-date");
});

it("shows renditions that are missing, and suggests a command that makes them", async () => {
  await remove(fleet.renditionBucket, "thumb/hole.jpg.webp");
  const before = await look("hole.jpg");
  expect([before.state, before.states["thumb/hole.jpg.webp"]]).toEqual(["incomplete", "missing"]);
  await follow(before);
  expect((await look("hole.jpg")).state).toBe("up-to-date");
});

it("shows renditions that nothing lists, and objects of others", async () => {
  const { stored } = await look("hole.jpg");
  if (stored?.manifest === undefined) throw new Error("the source was rendered");
  const { source } = stored.manifest;
  const preset = defineRecipe(RECIPE).presets.find(
    ({ width, format }) => width === 800 && format === "webp",
  );
  if (preset === undefined) throw new Error("the recipe has it");
  const fingerprint = presetFingerprint(preset, ENCODER);
  await store.put({ key: "hero-800w/hole.jpg.webp", source, fingerprint, ...CONTENT }, never);
  await s3.send(
    new PutObjectCommand({
      Bucket: fleet.renditionBucket,
      Key: "hero-800w/hole.jpg.jpg",
      Body: "x",
    }),
  );
  const { state, states, next } = await look("hole.jpg");
  expect(state).toBe("incomplete");
  expect(states).toMatchObject({
    "hero-800w/hole.jpg.webp": "left-over",
    "hero-800w/hole.jpg.jpg": "foreign",
  });
  expect(next[0]?.command).toContain("audit --repair");
});

it("shows why a source was rejected, and leaves its dead letter to others", async () => {
  const { state, stored, why, deadLetters, history } = await look("broken.jpg");
  expect([state, stored?.manifest?.rejected?.reason]).toEqual(["rejected", "SourceUnsupported"]);
  expect(why).toMatch(/^The source was rejected with SourceUnsupported: /);
  expect(deadLetters).toMatchObject([{ reason: "SourceUnsupported" }]);
  expect(history.at(-1)?.event).toBe("attempt");
  expect(await fleet.deadLetters()).toMatchObject([{ key: "broken.jpg" }]);
  expect((await look("broken.jpg", { deadLetters: false })).deadLetters).toBeUndefined();
});

it("shows what is left of a deleted source, and suggests a command that removes it", async () => {
  await remove(fleet.sourceBucket, "gone.jpg");
  const before = await look("thumb/gone.jpg.webp");
  expect([before.key, before.state]).toEqual(["gone.jpg", "left-over"]);
  expect(new Set(Object.values(before.states))).toEqual(new Set(["left-over"]));
  await follow(before);
  const after = await look("gone.jpg");
  expect([after.state, after.stored?.tombstone?.removed]).toEqual(["missing", true]);
  const never = await look("never.jpg");
  expect([never.state, never.stored, never.next]).toEqual(["missing", undefined, []]);
});

it.each([
  ["characters that a shell or a terminal acts on", "a\u202egpj\u001b[31m\nb'$(x)%s\\n.jpg"],
  ["1,024 bytes, which leave no room for the key of a manifest", `${"ü".repeat(510)}.jpg`],
])("takes a key with %s", async (_name, key) => {
  await upload(key, picture64);
  const before = await look(key);
  expect([before.key, before.state]).toEqual([key, "unmade"]);
  await follow(before);
  const after = await look(key);
  const isLong = Buffer.byteLength(key) === 1024;
  expect([after.state, after.deadLetters?.length]).toEqual(
    isLong ? ["unmade", 1] : ["up-to-date", 0],
  );
});

it("says which permission a role lacks, and shows the rest", async () => {
  let denied = "";
  await using proxy = await FaultProxy.start(fleet.endpoint, ({ operation, path }) =>
    `${operation} ${path}`.startsWith(denied) ? { kind: "AccessDenied" } : undefined,
  );
  const without = (call: string) => {
    denied = call;
    return look("cats/tom.jpg", proxy);
  };
  const queues = await without("ReceiveMessage");
  expect([queues.state, queues.deadLetters]).toEqual(["up-to-date", undefined]);
  expect(queues.warnings[0]).toMatch(/^The dead letters are not known: .*AccessDenied/);
  const source = await without(`HeadObject /${fleet.sourceBucket}/`);
  expect(source.state).toBe("unknown");
  expect(source.why).toContain("allow s3:GetObject on it and s3:ListBucket on the bucket");
  expect(source.states["thumb/cats/tom.jpg.webp"]).toBe("present");
  const renditions = await without(`GetObject /${fleet.renditionBucket}/`);
  expect([renditions.state, renditions.stored]).toEqual(["unknown", undefined]);
  expect(renditions.why).toContain("AccessDenied");
});

// The last test: the edge's function sends a job that waits for some time.
it("shows a rendition that was made on request, and that a job may be on its way", async () => {
  const { url = "", states } = await look("hole.jpg");
  expect(states["hero-40w/hole.jpg.jpg"]).toBe("on-request");
  const answer = await fetch(`${url}/hero-40w/hole.jpg.jpg`);
  expect([answer.status, (await answer.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
  expect((await look("hole.jpg")).states["hero-40w/hole.jpg.jpg"]).toBe("present");
  await upload("late.jpg", picture64);
  const { state, why } = await look("late.jpg");
  expect(state).toBe("waiting");
  expect(why).toMatch(/has not been rendered\. The lanes have 1 message, and its job may be among/);
});

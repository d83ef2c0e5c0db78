import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { jobMessage } from "@imagefleet/core/intake";
import type { RecipeInput } from "@imagefleet/core/recipe";
import { parseWarning } from "@imagefleet/core/telemetry";
import { type LocalFunction, startFunction } from "@imagefleet/local/function";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { CloudFrontServer } from "../../../cli/src/delivery/fixtures/cloudfront.ts";

const ID = "E1";
const MIB = 1024 * 1024;
const TEN_WIDTHS = Array.from({ length: 10 }, (_, at) => 100 * (at + 1));
const RECIPE: RecipeInput = {
  output: { prefix: "img/" },
  presets: { thumb: "64x64", hero: { widths: TEN_WIDTHS } },
};

let folder: string;
let cloudFront: CloudFrontServer;
let fn: LocalFunction;
const warnings: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-invalidate-"));
  const write = (file: string, recipe: RecipeInput) =>
    writeFile(join(folder, file), `export default ${JSON.stringify(recipe)};`);
  await write("recipe.mjs", RECIPE);
  await write("adhoc.mjs", { ...RECIPE, delivery: { adhoc: {} } });
  cloudFront = await CloudFrontServer.start();
  fn = start(30_000);
});
afterAll(async () => {
  await fn.stop();
  await cloudFront[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  cloudFront.distributions = [{ id: ID, domainName: "d1.cloudfront.net", origins: [] }];
  cloudFront.looks = 0;
  cloudFront.denied = [];
  cloudFront.invalidations.length = 0;
  warnings.length = 0;
});

/** The real handler, in a process of its own. */
function start(timeoutMs: number, recipe = "recipe.mjs"): LocalFunction {
  return startFunction({
    name: "invalidate",
    handler: new URL("handler.ts", import.meta.url),
    exportName: "handler",
    memoryBytes: 512 * MIB,
    timeoutMs,
    maximumConcurrency: 1,
    environment: {
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "invalidate",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_ENDPOINT_URL_CLOUDFRONT: cloudFront.endpoint,
      IMAGEFLEET_DISTRIBUTION_ID: ID,
      IMAGEFLEET_RECIPE: pathToFileURL(join(folder, recipe)).href,
    },
    onLog: (line) => warnings.push(...[parseWarning(line) ?? []].flat()),
  });
}

function bodyOf(key: string): string {
  return jobMessage({ bucket: "sources", key, mayHaveRun: false, force: false, at: 0 });
}

/** Invokes the function with a record for each body, whose id is its number. */
async function invoke(bodies: readonly string[], by = fn): Promise<string[]> {
  const Records = bodies.map((body, at) => ({
    messageId: String(at),
    receiptHandle: "handle",
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: "0",
      ApproximateFirstReceiveTimestamp: "0",
    },
    messageAttributes: {},
  }));
  const result = await by.invoke({ Records });
  if (result.kind !== "returned") throw new Error(JSON.stringify(result));
  const failures: { itemIdentifier: string }[] = Object(result.payload).batchItemFailures;
  return failures.map(({ itemIdentifier }) => itemIdentifier);
}

function pathsOf(key: string): string[] {
  const labels = ["thumb", ...TEN_WIDTHS.map((width) => `hero-${width}w`)];
  return labels.map((label) => `/img/${label}/${key}.*`);
}

const invalidated = () => cloudFront.invalidations.flatMap(({ paths }) => paths);

it("invalidates the renditions of each source of a batch once", async () => {
  expect(await invoke(["a.jpg", "b.jpg", "a.jpg"].map(bodyOf))).toEqual([]);
  expect(invalidated().sort()).toEqual([...pathsOf("a.jpg"), ...pathsOf("b.jpg")].sort());
  expect(cloudFront.invalidations.map(({ distribution }) => distribution)).toEqual([ID, ID]);
});

it("invalidates all renditions where the sources have more than 60 paths", async () => {
  const keys = ["a", "b", "c", "d", "e", "f"].map((name) => `${name}.jpg`);
  expect(await invoke(keys.slice(1).map(bodyOf))).toEqual([]);
  expect(invalidated()).toHaveLength(55);
  cloudFront.invalidations.length = 0;
  expect(await invoke(keys.map(bodyOf))).toEqual([]);
  expect(invalidated()).toEqual(["/img/*"]);
});

it("returns messages that are no jobs, and invalidates the others", async () => {
  expect(await invoke(["no job", bodyOf("a.jpg"), "{}"])).toEqual(["0", "2"]);
  expect(invalidated()).toEqual(pathsOf("a.jpg"));
  expect(warnings).toEqual(["invalidate messages are no jobs, and will be dead letters"]);
});

it("invalidates nothing, not even ad-hoc sizes, for a batch without a job", async () => {
  const withAdhoc = start(30_000, "adhoc.mjs");
  onTestFinished(() => withAdhoc.stop());
  expect(await invoke(["no job"], withAdhoc)).toEqual(["0"]);
  expect(invalidated()).toEqual([]);
});

it("returns all messages where CloudFront refuses, and says why", async () => {
  cloudFront.denied = ["CreateInvalidation"];
  expect(await invoke([bodyOf("a.jpg"), "no job", bodyOf("b.jpg")])).toEqual(["1", "0", "2"]);
  expect(warnings.at(-1)).toBe(
    "invalidate could not invalidate: it is retried: not authorized to perform cloudfront:CreateInvalidation",
  );
});

it("waits while other invalidations take up the limit, and for each lot of its own", async () => {
  const others = Array.from({ length: 15 }, (_, at) => `/x${at}/*`);
  cloudFront.invalidations.push({ distribution: ID, paths: others, looks: 1 });
  cloudFront.looks = 1;
  const before = cloudFront.calls.length;
  expect(await invoke(["a.jpg", "b.jpg"].map(bodyOf))).toEqual([]);
  expect(cloudFront.invalidations.map(({ paths }) => paths.length)).toEqual([15, 15, 7]);
  expect(cloudFront.calls.slice(before)).toEqual([
    "CreateInvalidation",
    "CreateInvalidation",
    "GetInvalidation",
    "GetInvalidation",
    "CreateInvalidation",
  ]);
}, 30_000);

it("returns all messages before its timeout, where CloudFront takes longer", async () => {
  cloudFront.looks = 1000;
  const short = start(6_000);
  expect(await invoke(["a.jpg", "b.jpg"].map(bodyOf), short)).toEqual(["0", "1"]);
  await short.stop();
}, 30_000);

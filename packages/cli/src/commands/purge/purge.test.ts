import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { asEnvironment } from "@imagefleet/local/credentials";
import { type Edge, startEdge } from "@imagefleet/local/edge";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { type Sandbox, startSandbox } from "@imagefleet/local/sandbox";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type DataFolder, openDataFolder } from "../../connection/data-folder.ts";
import { RESOLVE_LOCALLY } from "../../connection/fixtures/resolve-locally.ts";
import { CloudFrontServer } from "../../delivery/fixtures/cloudfront.ts";
import { Cli, run } from "../../fixtures/cli.ts";

const RECIPE = {
  presets: { thumb: "150x150", hero: { widths: [400, 800], formats: ["avif", "webp"] } },
} as const;
const SOURCES = ["cats/tom.jpg", "cats/kit ü.jpg", "dogs/rex.jpg"];
/** A function at the edge that changes nothing. */
const PASS = {
  request: "function handler(event) { return event.request; }",
  response: "function handler(event) { return event.response; }",
};

let sandbox: Sandbox;
let folder: string;
let data: DataFolder;
let edge: Edge;
let proxy: FaultProxy;
let cloudFront: CloudFrontServer;

beforeAll(async () => {
  sandbox = await startSandbox();
  folder = await mkdtemp(join(tmpdir(), "imagefleet-purge-"));
  await writeFile(join(folder, "recipe.mjs"), `export default ${JSON.stringify(RECIPE)};`);
  data = await openDataFolder(join(folder, "data"), false);
  await cp(join(sandbox.folder, "aws"), data.fleet, { recursive: true });
  const { endpoint, credentials, s3, resources } = sandbox;
  const { renditionBucket: name } = resources;
  for (const source of SOURCES) {
    for (const key of addressesOf(source)) {
      const Key = decodeURIComponent(key.slice(1));
      await s3.send(new PutObjectCommand({ Bucket: name, Key, Body: key }));
    }
  }
  edge = await startEdge({ functions: PASS, bucket: { endpoint, credentials, name } });
  await data.announce({ endpoint, edge });
  // The servers accept only names of this machine as Host.
  proxy = await FaultProxy.start(endpoint, () => undefined);
  cloudFront = await CloudFrontServer.start();
});
afterAll(async () => {
  await edge.close();
  await data[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await cloudFront[Symbol.asyncDispose]();
  await sandbox.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  cloudFront.distributions = [theirs, ours()];
  cloudFront.looks = 0;
  cloudFront.denied = [];
  cloudFront.invalidations.length = 0;
});

function addressesOf(source: string): string[] {
  const path = source.split("/").map(encodeURIComponent).join("/");
  return [
    `/thumb/${path}.webp`,
    `/hero-400w/${path}.avif`,
    `/hero-400w/${path}.webp`,
    `/hero-800w/${path}.avif`,
    `/hero-800w/${path}.webp`,
  ];
}

const theirs = { id: "E0THEIRS", domainName: "d0.cloudfront.net", origins: ["example.com"] };
const ours = () => ({
  id: "E1OURS",
  domainName: "d1.cloudfront.net",
  aliases: ["*.example.com", "images.example.com"],
  origins: [`${sandbox.resources.renditionBucket}.s3.us-east-1.amazonaws.com`, "x.on.aws"],
});

function args(...more: string[]): string[] {
  return ["purge", "--recipe", "recipe.mjs", ...more];
}

function locally(...more: string[]) {
  return run(args("--data", join(folder, "data"), ...more), { cwd: folder });
}

function environment(): NodeJS.ProcessEnv {
  const { sourceBucket, renditionBucket } = sandbox.resources;
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    AWS_REGION: "eu-west-1",
    ...asEnvironment(sandbox.credentials),
    ...RESOLVE_LOCALLY,
    AWS_ENDPOINT_URL: proxy.endpoint.replace("127.0.0.1", "servers"),
    AWS_ENDPOINT_URL_CLOUDFRONT: cloudFront.endpoint,
    IMAGEFLEET_SOURCE_BUCKET: sourceBucket,
    IMAGEFLEET_RENDITION_BUCKET: renditionBucket,
  };
}

function onAws(...more: string[]) {
  return run(args(...more), { cwd: folder, env: environment() });
}

/** For each address, how the edge answers it. */
async function answers(addresses: readonly string[]): Promise<string[]> {
  const each = async (address: string) => {
    const answer = await fetch(edge.url + address);
    await answer.arrayBuffer();
    return answer.headers.get("x-cache")?.split(" ")[0] ?? "";
  };
  return Promise.all(addresses.map(each));
}

it.each([
  ["a key", ["cats/tom.jpg"], ["cats/tom.jpg"]],
  ["a key with other letters", ["cats/kit ü.jpg"], ["cats/kit ü.jpg"]],
  ["a folder", ["cats/"], ["cats/tom.jpg", "cats/kit ü.jpg"]],
  ["a prefix and a key", ["cats/k*", "dogs/rex.jpg"], ["cats/kit ü.jpg", "dogs/rex.jpg"]],
])("the local edge forgets what %s names, and nothing else", async (_name, targets, gone) => {
  const all = SOURCES.flatMap(addressesOf).flatMap((each) => [each, `${each}?v=0a1b2c3d`]);
  await answers(all);
  expect(new Set(await answers(all))).toEqual(new Set(["Hit"]));
  const { code, stdout, stderr } = await locally(...targets, "--json");
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    dryRun: false,
    where: `the edge ${edge.url}`,
    distribution: null,
    completed: true,
    usd: 0,
  });
  const isGone = (address: string) =>
    gone.some((source) => addressesOf(source).some((each) => address.startsWith(each)));
  expect(await answers(all)).toEqual(all.map((each) => (isGone(each) ? "Miss" : "Hit")));
});

it("prints the paths, and what browsers keep", async () => {
  const { stdout } = await locally("dogs/rex.jpg", "--dry-run");
  expect(stdout).toContain(`3 paths would be invalidated in the edge ${edge.url}:\n`);
  expect(stdout).toContain("\n  /hero-400w/dogs/rex.jpg.*\n");
  expect(stdout).toContain("Browsers are not reached:");
  expect(stdout).not.toContain("Cost");
});

it("warns of a rendition's key, and names its source", async () => {
  const { code, stderr } = await locally("thumb/dogs/rex.jpg.webp", "--dry-run");
  expect([code, stderr.replaceAll("\n", " ")]).toEqual([
    0,
    "! thumb/dogs/rex.jpg.webp looks like the key of a rendition or a manifest: to purge its source, name dogs/rex.jpg ",
  ]);
});

it("a dry run changes nothing", async () => {
  const [address = ""] = addressesOf("dogs/rex.jpg");
  await answers([address]);
  await locally("dogs/rex.jpg", "--dry-run");
  expect(await answers([address])).toEqual(["Hit"]);
  expect((await onAws("dogs/", "--dry-run")).code).toBe(0);
  expect(cloudFront.invalidations).toEqual([]);
});

it("invalidates in the distribution that has the bucket as an origin, and says what it costs", async () => {
  const { code, stdout, stderr } = await onAws("cats/tom.jpg");
  expect(code, stderr).toBe(0);
  expect(cloudFront.invalidations).toEqual([
    {
      distribution: "E1OURS",
      looks: 0,
      paths: ["/thumb/cats/tom.jpg.*", "/hero-400w/cats/tom.jpg.*", "/hero-800w/cats/tom.jpg.*"],
    },
  ]);
  expect(stdout).toMatch(
    /^Invalidation I1 is created\. It reaches all edges of the distribution E1OURS\s\(https:\/\/images\.example\.com\) within some minutes; --wait waits for it\. 3 paths:/,
  );
  expect(stdout).toContain("Cost: nothing within the first 1,000 paths of a month, else $0.02.");
  const { stdout: json } = await onAws("cats/tom.jpg", "--json");
  expect(JSON.parse(json)).toMatchObject({
    distribution: "E1OURS",
    invalidations: ["I2"],
    completed: false,
    usd: 0.015,
  });
});

it("--wait waits until it has completed", async () => {
  cloudFront.looks = 1;
  const { code, stdout } = await onAws("cats/", "--wait", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ invalidations: ["I1"], completed: true });
  expect(cloudFront.invalidations).toMatchObject([{ looks: 0 }]);
});

it("more paths than may be in progress are invalidated one lot after the other", async () => {
  const targets = ["a", "b", "c", "d", "e", "f"].map((name) => `${name}/`);
  // Another's, which takes up the limit for a moment.
  cloudFront.invalidations.push({ distribution: "E1OURS", paths: ["/x/*"], looks: 1 });
  cloudFront.looks = 1;
  const { code, stderr } = await onAws(...targets, "--json");
  expect(code, stderr).toBe(0);
  expect(cloudFront.invalidations.map(({ paths }) => paths.length)).toEqual([1, 15, 3]);
  const refused = cloudFront.calls.filter((call) => call === "CreateInvalidation").length;
  expect(refused).toBeGreaterThan(2);
});

it("Ctrl-C ends the wait, and says that the invalidation continues", async () => {
  cloudFront.looks = 1000;
  const cli = new Cli(args("cats/", "--wait"), { cwd: folder, env: environment() });
  await expect.poll(() => cloudFront.calls.at(-1), { timeout: 20_000 }).toBe("GetInvalidation");
  cli.signal("SIGINT");
  const { code, stdout } = await cli.ended();
  expect(stdout).toContain("Interrupted: I1 continues, and cannot be canceled.");
  expect(code).toBe(130);
});

it.each([
  [
    "no distribution",
    [],
    ["cats/"],
    2,
    /no distribution in the account of .* has the bucket imagefleet-renditions as an origin: deploy the stage with delivery/,
  ],
  [
    "two distributions",
    [ours, () => ({ ...ours(), id: "E2" })],
    ["cats/"],
    2,
    /E1OURS \(https:\/\/images\.example\.com\) and E2 .* Choose one with --distribution ID/,
  ],
  [
    "a name that no distribution has",
    [ours],
    ["cats/", "--distribution", "E9"],
    2,
    /--distribution: there is no distribution E9 .* Leave it out/,
  ],
])("the error for %s has the fix", async (_name, distributions, given, exit, message) => {
  cloudFront.distributions = distributions.map((each) => each());
  const { code, stderr } = await onAws(...given);
  expect(stderr.replaceAll("\n", " ")).toMatch(message);
  expect(code).toBe(exit);
});

it("names the permission that is lacking", async () => {
  cloudFront.denied = ["ListDistributions"];
  const unlisted = await onAws("cats/");
  expect(unlisted.stderr.replaceAll("\n", " ")).toMatch(
    /lack cloudfront:ListDistributions, which finds the distribution: use --distribution ID/,
  );
  expect(unlisted.code).toBe(2);
  cloudFront.denied = ["CreateInvalidation"];
  const { code, stderr } = await onAws("cats/", "--distribution", "E1OURS");
  expect(stderr.replaceAll("\n", " ")).toMatch(
    /may not invalidate in E1OURS: allow cloudfront:CreateInvalidation and cloudfront:GetInvalidation/,
  );
  expect(code).toBe(1);
});

it("the error for a fleet without an edge, and for a distribution of a local fleet, has the fix", async () => {
  const { endpoint } = sandbox;
  await data.announce({ endpoint });
  const without = await locally("cats/");
  await data.announce({ endpoint, edge });
  expect(without.stderr.replaceAll("\n", " ")).toMatch(
    /no edge runs for the local fleet, .*: start the fleet with npm start/,
  );
  const named = await locally("cats/", "--distribution", "E1");
  expect(named.stderr.replaceAll("\n", " ")).toMatch(/--distribution is E1, but the local fleet/);
  expect([without.code, named.code]).toEqual([2, 2]);
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { createS3 } from "@imagefleet/core/aws";
import { RenditionStore } from "@imagefleet/core/store";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type DataFolder, openDataFolder } from "../../connection/data-folder.ts";
import { Cli, run } from "../../fixtures/cli.ts";
import { noise } from "../../fixtures/pictures.ts";

const SOURCES = ["cats/kit ü.jpg", "cats/tom.jpg", "dogs/rex.jpg"];
/** For each source: hero has two widths in two formats, card one. */
const [HERO, CARD] = [4, 1];

let folder: string;
let data: DataFolder;
let fleet: Fleet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-warm-"));
  const presets = {
    thumb: "16x16",
    hero: { widths: [20, 40], formats: ["avif", "webp"], when: "request" },
    card: { size: "30x20", when: "request" },
  };
  const recipe = join(folder, "recipe.mjs");
  await writeFile(recipe, `export default ${JSON.stringify({ presets })};`);
  data = await openDataFolder(join(folder, "data"), false);
  fleet = await startFleet({ dataDir: data.fleet, port: 0, recipe: pathToFileURL(recipe) });
  await data.announce(fleet);
  const file = join(folder, "source.jpg");
  await sharp(noise(64, 64)).jpeg().toFile(file);
  for (const key of SOURCES) await fleet.upload(key, file);
  await fleet.idle();
}, 60_000);
afterAll(async () => {
  await fleet?.stop();
  await data[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const args = (...more: string[]) => ["warm", "--recipe", "recipe.mjs", "--data", "data", ...more];
const warm = (...more: string[]) => run(args(...more), { cwd: folder });

async function warmed(...more: string[]) {
  const { code, stdout, stderr } = await warm("--json", ...more);
  if (stdout === "") throw new Error(stderr);
  const { seconds: _seconds, ...result } = JSON.parse(stdout);
  return { code, result };
}

/** A server that answers requests in the place of an edge. */
async function edge(
  answer: (path: string, requests: number) => [number, Record<string, string>?],
): Promise<{ url: string; paths: string[]; server: Server }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    paths.push(path);
    const [status, headers = {}] = answer(path, paths.filter((each) => each === path).length);
    response.writeHead(status, headers).end("answer");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${Object(server.address()).port}`, paths, server };
}

it("makes what is not there, and finds it there the next time", async () => {
  const first = await warmed("cats/", "--preset", "hero");
  expect(first).toMatchObject({
    code: 0,
    result: {
      version: 1,
      url: fleet.edge.url,
      sources: 2,
      unknown: 0,
      made: 2 * HERO,
      there: 0,
      later: 0,
      failed: 0,
      statuses: { "200": 2 * HERO },
      failures: [],
      interrupted: false,
      after: "cats/tom.jpg",
    },
  });
  const all = await warmed();
  const [made, there] = [SOURCES.length * CARD + HERO, 2 * HERO];
  expect(all.result).toMatchObject({ sources: 3, made, there, after: "dogs/rex.jpg" });
  // The edge has them by the version that pages use.
  const etag = await etagOf("cats/tom.jpg");
  const cached = await fetch(`${fleet.edge.url}/hero-40w/cats/tom.jpg.avif?v=${etag.slice(1, 9)}`);
  expect(cached.headers.get("x-cache")).toMatch(/^Hit/);
  await cached.arrayBuffer();
  const { stdout } = await warm("dogs/rex.jpg");
  expect(stdout).toMatch(
    new RegExp(
      `^5 renditions of 1 source requested at\\s${fleet.edge.url} in .*: 0 made, 5 there before;`,
    ),
  );
}, 60_000);

async function etagOf(key: string): Promise<string> {
  const { endpoint, credentials, renditionBucket } = fleet;
  const s3 = createS3({ region: "us-east-1", endpoint, credentials });
  const store = new RenditionStore(s3, renditionBucket);
  const signal = new AbortController().signal;
  const stored = await store.manifest(`manifests/${key}.json`, signal);
  s3.destroy();
  return stored?.manifest?.source.etag ?? "";
}

it("repeats a request that came too early, after the time that the answer names", async () => {
  const { url, paths } = await edge((_path, requests) =>
    requests === 1 ? [429, { "retry-after": "0" }] : [200],
  );
  const { code, result } = await warmed("cats/tom.jpg", "--url", url);
  expect(result).toMatchObject({ url, made: 5, failed: 0, statuses: { "200": 5 } });
  expect(code).toBe(0);
  expect(paths).toHaveLength(10);
});

it("counts what fails by status, and exits with 3", async () => {
  const { url, paths } = await edge((path) => {
    if (path.includes(".avif")) return [404, { "x-imagefleet-reason": "SourceCorrupt" }];
    if (path.startsWith("/card/")) return [200, { "x-imagefleet-substitute": "rendition" }];
    if (path.startsWith("/hero-20w/")) return [503, { "retry-after": "0" }];
    return [200, { "last-modified": "Thu, 26 Nov 2026 00:00:00 GMT" }];
  });
  const { code, result } = await warmed("dogs/", "--url", url);
  expect(result).toMatchObject({
    made: 0,
    there: 1,
    later: 1,
    failed: 3,
    statuses: { "200": 2, "404": 2, "503": 1 },
    failures: [
      { key: "hero-20w/dogs/rex.jpg.avif", status: 404, reason: "SourceCorrupt" },
      { key: "hero-40w/dogs/rex.jpg.avif", status: 404, reason: "SourceCorrupt" },
      { key: "hero-20w/dogs/rex.jpg.webp", status: 503, reason: null },
    ],
  });
  expect(code).toBe(3);
  // The bound: one request and five more.
  expect(paths.filter((path) => path.startsWith("/hero-20w/dogs/rex.jpg.webp"))).toHaveLength(6);
  const { stdout } = await warm("dogs/", "--url", url);
  expect(stdout).toContain("  hero-20w/dogs/rex.jpg.avif: 404, SourceCorrupt\n");
  expect(stdout).toContain("1 left to the worker, 3 failed;");
});

it("limits the rate and the requests at the same time", async () => {
  let [now, most] = [0, 0];
  const { url, server } = await edge(() => [200]);
  server.prependListener("request", (_request, response) => {
    most = Math.max(most, ++now);
    response.on("close", () => now--);
  });
  const began = performance.now();
  const { stderr } = await run(args("--url", url, "--rate", "20", "--concurrency", "2"), {
    cwd: folder,
    env: { IMAGEFLEET_PROGRESS_MS: "100" },
  });
  expect(stderr).toMatch(
    /^[0-3] of 3 sources, \d+ renditions? requested, .* made, .*; less than \$0\.01 so far at AWS's prices$/m,
  );
  // 15 requests, of which the first comes at once.
  expect(performance.now() - began).toBeGreaterThan(14 * 50);
  expect(most).toBeLessThanOrEqual(2);
});

it("after Ctrl-C prints the command that continues, and continues there", async () => {
  const first = Promise.withResolvers<void>();
  const { url, server, paths } = await edge(() => [200]);
  server.removeAllListeners("request").on("request", (request, response) => {
    paths.push(request.url ?? "");
    // The second target of the three hangs.
    if (request.url?.includes("/dogs/")) first.resolve();
    else response.end();
  });
  const cli = new Cli(args("cats/", "dogs/", "--url", url), { cwd: folder });
  await first.promise;
  cli.signal("SIGINT");
  const { code, stdout } = await cli.ended();
  expect(code).toBe(130);
  const [, next = ""] = stdout.split("\nNext:\n");
  expect(next).toMatch(/^ {2}.* warm cats\/ dogs\/ --after cats\/tom\.jpg .*--data /);
  expect(next).toContain(` --url ${url}`);
  const other = await edge(() => [200]);
  const { result } = await warmed("cats/", "dogs/", "--after", "cats/tom.jpg", "--url", other.url);
  expect(result).toMatchObject({ sources: 1, made: 5, after: "dogs/rex.jpg" });
  expect(other.paths.every((path) => path.includes("/dogs/"))).toBe(true);
});

it("a source without a manifest is named, and a fleet without renditions on request too", async () => {
  const { code, stdout } = await warm("cats/nobody.jpg");
  expect(stdout).toContain("1 source has no manifest: run reprocess for it first.");
  expect(code).toBe(3);
  const none = await warm("nothing/");
  expect(none.stdout.replaceAll("\n", " ")).toContain('presets of the recipe need when: "request"');
  expect(none.code).toBe(0);
});

it.each([
  [["--preset", "huge"], "--preset: the recipe has no preset huge, but thumb, hero, card"],
  [["--preset", "thumb"], '--preset: thumb is made at the upload: name one with when: "request"'],
  [
    ["--url", "https://a.example/b"],
    "Use an address without a path, as https://images.example.com.",
  ],
  [["--rate", "0"], "Use a whole number, 1 to 10000."],
])("%j is a usage error with the fix", async (more, message) => {
  const { code, stderr } = await warm(...more);
  expect(stderr.replaceAll("\n", " ")).toContain(message);
  expect(code).toBe(2);
});

it("ignores what is no manifest", async () => {
  const { endpoint, credentials, renditionBucket: Bucket } = fleet;
  const s3 = createS3({ region: "us-east-1", endpoint, credentials });
  for (const Key of ["manifests/zebra.jpg.json", "manifests/zebra.txt"]) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "{}" }));
  }
  s3.destroy();
  const { result } = await warmed("z*");
  expect(result).toMatchObject({ sources: 0, unknown: 0, failed: 0, after: "zebra.jpg" });
});

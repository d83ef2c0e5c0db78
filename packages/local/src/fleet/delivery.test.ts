import { hash, randomFillSync } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { signedAddress } from "@imagefleet/client";
import { createS3 } from "@imagefleet/core/aws";
import { defineRecipe, type RecipeInput } from "@imagefleet/core/recipe";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Got, getRaw } from "../edge/fixtures/edge.ts";
import { REGION } from "../resources/index.ts";
import type { Fleet } from "./fleet.ts";
import { startFleet } from "./start.ts";

const ODD = "a b+c%20'\"/../ü/🐱.jpg";
const CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

const RECIPE: RecipeInput = {
  presets: {
    thumb: "64x64",
    hero: { widths: [80, 160], formats: ["avif", "webp", "jpeg"], when: "request" },
    whole: { size: "2700w", format: "png", when: "request" },
  },
  delivery: { adhoc: {} },
};

let folder: string;
let fleet: Fleet;

function start(): Promise<Fleet> {
  return startFleet({
    dataDir: join(folder, "data"),
    port: 0,
    recipe: pathToFileURL(join(folder, "recipe.mjs")),
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imagefleet-delivery-"));
  await writeFile(join(folder, "recipe.mjs"), `export default ${JSON.stringify(RECIPE)};`);
  const file = join(folder, "source.jpg");
  await sharp({ create: { width: 320, height: 240, channels: 3, background: "#135" } })
    .jpeg()
    .toFile(file);
  fleet = await start();
  await fleet.upload(ODD, file);
  await fleet.upload("gone.jpg", file);
  await fleet.idle();
});
afterAll(async () => {
  await fleet.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The address of a key. */
function at(preset: string, key: string, ext: string): string {
  const path = key.replaceAll("%", "%25").replace("../", "%2E%2E/");
  return `/${`${preset}/${path}.${ext}`.split("/").map(encodeURIComponent).join("/")}`;
}
const get = (path: string, headers: Record<string, string> = {}) =>
  getRaw(fleet.edge.url, path, { headers });
const xCache = ({ headers }: Got) => headers["x-cache"]?.replace(" from cloudfront", "");

async function stored(): Promise<string[]> {
  const { endpoint, credentials, renditionBucket: Bucket } = fleet;
  const s3 = createS3({ region: REGION, endpoint, credentials });
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  s3.destroy();
  return Contents.map(({ Key = "" }) => Key);
}

test("what was made at the upload is answered from S3", async () => {
  const got = await get(at("thumb", ODD, "webp"));
  expect([got.status, got.headers["content-type"], xCache(got)]).toEqual([
    200,
    "image/webp",
    "Miss",
  ]);
  expect(fleet.processes().functions.length).toBeGreaterThan(0);
  const { width } = await sharp(got.bytes).metadata();
  expect(width).toBe(64);
});

test("when the fleet is idle, no answer is of a content that has been replaced or removed", async () => {
  const { endpoint, credentials, sourceBucket: Bucket } = fleet;
  const s3 = createS3({ region: REGION, endpoint, credentials });
  const path = at("thumb", "changing.png", "webp");
  const put = async (background: string) => {
    const create = { width: 64, height: 64, channels: 3, background } as const;
    const Body = await sharp({ create }).png().toBuffer();
    await s3.send(new PutObjectCommand({ Bucket, Key: "changing.png", Body }));
    await fleet.idle();
  };
  const seen: unknown[] = [];
  const look = async () => {
    const got = await get(path);
    const { dominant } = got.status === 200 ? await sharp(got.bytes).stats() : {};
    const color = dominant && (dominant.r > dominant.b ? "red" : "blue");
    seen.push([got.status, xCache(got), color]);
  };
  await put("#f00");
  await look();
  await look();
  await put("#00f");
  await look();
  await look();
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "changing.png" }));
  await fleet.idle();
  await look();
  s3.destroy();
  expect(seen).toEqual([
    [200, "Miss", "red"],
    [200, "Hit", "red"],
    [200, "Miss", "blue"],
    [200, "Hit", "blue"],
    [404, "Error", undefined],
  ]);
}, 60_000);

test("what is made on request is made once, cached, and then read from S3", async () => {
  const path = at("hero-80w", ODD, "webp");
  const made = await Promise.all(Array.from({ length: 100 }, () => get(path)));
  expect(new Set(made.map(({ status }) => status))).toEqual(new Set([200]));
  expect(made.filter((each) => xCache(each) === "Miss")).toHaveLength(1);
  // A stream has no length. S3's answer has.
  expect(made[0]?.headers).not.toHaveProperty("content-length");
  expect(xCache(await get(path))).toBe("Hit");
  fleet.edge.invalidate([`${path}*`]);
  const read = await get(path);
  expect([xCache(read), read.headers["content-length"]]).toEqual([
    "Miss",
    String(read.bytes.length),
  ]);
  const kept = ["etag", "content-type", "cache-control"];
  const seen = [...made, read].map(({ headers, bytes }) =>
    JSON.stringify([hash("sha256", bytes), kept.map((name) => headers[name])]),
  );
  expect(new Set(seen).size).toBe(1);
  expect((await stored()).filter((key) => key.startsWith("hero"))).toHaveLength(1);
});

test("six missing renditions, as many as a browser requests at once, are made", async () => {
  const keys = ["hero-80w", "hero-160w"].flatMap((preset) =>
    ["avif", "webp", "jpg"].map((ext) => at(preset, "gone.jpg", ext)),
  );
  const got = await Promise.all(keys.map((key) => get(key)));
  expect(got.map(({ status }) => status)).toEqual(keys.map(() => 200));
});

test("a rendition of over 20 MB is answered on the first request", async () => {
  const side = 2700;
  const noise = randomFillSync(Buffer.alloc(side * side * 3));
  const file = join(folder, "noise.jpg");
  await sharp(noise, { raw: { width: side, height: side, channels: 3 } })
    .jpeg()
    .toFile(file);
  await fleet.upload("noise.jpg", file);
  const got = await get(at("whole", "noise.jpg", "png"));
  expect([got.status, xCache(got)]).toEqual([200, "Miss"]);
  expect(got.bytes.length).toBeGreaterThan(20_000_000);
  const object = await fleet.read("whole/noise.jpg.png");
  expect(hash("sha256", got.bytes)).toBe(hash("sha256", object));
}, 60_000);

test("a key of 1,024 bytes is an address", async () => {
  const key = `${"ü".repeat(100)}/${"x".repeat(804)}.jpg`;
  expect(Buffer.byteLength(`hero-160w/${key}.webp`)).toBe(1024);
  await fleet.upload(key, join(folder, "source.jpg"));
  const path = at("hero-160w", key, "webp");
  const got = await get(path);
  expect([got.status, got.headers["content-type"]]).toEqual([200, "image/webp"]);
  fleet.edge.invalidate([`${path}*`]);
  expect((await get(path)).bytes.equals(got.bytes)).toBe(true);
});

test("a picture of 121 megapixels has a substitute in less than a second, until the worker has made it", async () => {
  const [side, key] = [11_000, "wide.png"];
  const file = join(folder, key);
  const create = { width: side, height: side, channels: 3, background: "#369" } as const;
  const options = { palette: true, compressionLevel: 9 } as const;
  await sharp({ create, limitInputPixels: false }).png(options).toFile(file);
  expect((await stat(file)).size).toBeLessThan(500_000);
  const rendered = () => {
    const ended = Promise.withResolvers<void>();
    fleet.onJob((job) => {
      if (job.key === key && job.lane === "large" && job.outcome === "rendered") ended.resolve();
    });
    return ended.promise;
  };
  const first = rendered();
  await fleet.upload(key, file);
  await first;
  // As of a preset that was added since.
  const { endpoint, credentials, renditionBucket: Bucket } = fleet;
  const s3 = createS3({ region: REGION, endpoint, credentials });
  const gone = ["hero-80w", "hero-160w"].flatMap((label) =>
    ["avif", "webp", "jpg"].map((ext) => `${label}/${key}.${ext}`),
  );
  for (const Key of gone) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  s3.destroy();

  const again = rendered();
  let fastest = Number.POSITIVE_INFINITY;
  const substitutes: Got[] = [];
  for (const path of gone) {
    const from = performance.now();
    const got = await get(`/${path}`);
    if (got.headers["x-imagefleet-substitute"] === undefined) continue;
    fastest = Math.min(fastest, performance.now() - from);
    substitutes.push(got);
  }
  expect(substitutes.length).toBeGreaterThan(0);
  expect(fastest).toBeLessThan(1000);
  for (const { status, headers } of substitutes) {
    expect([status, headers["cache-control"], headers["etag"]]).toEqual([
      200,
      "public, max-age=10, stale-if-error=10",
      undefined,
    ]);
  }
  await again;
  fleet.edge.invalidate(["/hero*"]);
  for (const path of gone) {
    const got = await get(`/${path}`);
    expect([got.status, got.headers["x-imagefleet-substitute"]]).toEqual([200, undefined]);
    expect((await sharp(got.bytes).metadata()).width).toBe(path.startsWith("hero-80w") ? 80 : 160);
    const object = await fleet.read(path);
    expect(object.equals(got.bytes)).toBe(true);
    expect(substitutes.some(({ bytes }) => bytes.equals(object))).toBe(false);
  }
}, 120_000);

test("a negotiated address is one entry for each format, and varies by Accept", async () => {
  const auto = at("hero-160w", ODD, "auto");
  const seen: unknown[] = [];
  for (const accept of [CHROME, "image/webp,*/*", "*/*", "image/webp;q=0.9, image/avif;q=0.1"]) {
    const got = await get(auto, { accept });
    seen.push([got.headers["content-type"], got.headers["vary"], xCache(got)]);
  }
  expect(seen).toEqual([
    ["image/avif", "Accept", "Miss"],
    ["image/webp", "Accept", "Miss"],
    ["image/jpeg", "Accept", "Miss"],
    ["image/webp", "Accept", "Hit"],
  ]);
  expect((await get(at("hero-160w", ODD, "webp"))).headers).not.toHaveProperty("vary");
});

test("with the version of its content an answer is immutable, with another it is not", async () => {
  const path = at("thumb", ODD, "webp");
  const plain = await get(path);
  expect(plain.headers["cache-control"]).toMatch(/^public, max-age=86400/);
  const manifest = JSON.parse((await fleet.read(fleet.manifestKey(ODD))).toString());
  const version = String(manifest.source.etag).replaceAll('"', "").slice(0, 8);
  const versioned = await get(`${path}?v=${version}`);
  expect(versioned.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  const other = await get(`${path}?v=00000000`);
  expect(other.headers["cache-control"]).toBe(plain.headers["cache-control"]);
  expect(Object.keys(versioned.headers).filter((name) => name.startsWith("x-amz-meta"))).toEqual(
    [],
  );
});

test.each([
  "/",
  "//",
  "//example.com/a",
  "/nothing",
  "/huge/a.jpg.webp",
  "/thumb/a.jpg.avif",
  "/_gallery/",
  "/thumb/../a",
])("%s is refused before any origin is asked", async (path) => {
  const got = await get(path);
  expect([got.status, xCache(got)]).toEqual([404, "FunctionGeneratedResponse"]);
  expect(got.headers["cache-control"]).toBe("public, max-age=60");
});

test("a signed size is made, cached and never stored, and another size is refused", async () => {
  const key = { id: "local", secret: fleet.credentials.secretAccessKey };
  const size = { width: 33, height: 20, fit: "cover" } as const;
  const path = await signedAddress(defineRecipe(RECIPE), ODD, key, size);
  const got = await get(path, { accept: CHROME });
  expect([got.status, got.headers["vary"], xCache(got)]).toEqual([200, "Accept", "Miss"]);
  const { format, width, height } = await sharp(got.bytes).metadata();
  expect({ format, width, height }).toEqual({ format: "webp", width: 33, height: 20 });
  expect(xCache(await get(path, { accept: CHROME }))).toBe("Hit");
  const other = await get(path.replace("w=33", "w=34"), { accept: CHROME });
  expect([other.status, xCache(other)]).toEqual([403, "FunctionGeneratedResponse"]);
  expect((await stored()).filter((each) => each.startsWith("adhoc"))).toEqual([]);
});

test("a source that is gone is 404", async () => {
  const { endpoint, credentials, sourceBucket: Bucket } = fleet;
  const s3 = createS3({ region: REGION, endpoint, credentials });
  const path = at("thumb", "gone.jpg", "webp");
  expect((await get(path)).status).toBe(200);
  const removed = Promise.withResolvers<void>();
  fleet.onJob(({ key, outcome }) => {
    if (key === "gone.jpg" && outcome === "removed") removed.resolve();
  });
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "gone.jpg" }));
  s3.destroy();
  await removed.promise;
  await expect.poll(async () => (await get(path)).status, { timeout: 20_000 }).toBe(404);
  for (const each of [path, `${at("hero-80w", "gone.jpg", "jpg")}?v=00000000`]) {
    const got = await get(each);
    expect([got.status, xCache(got)]).toEqual([404, "Error"]);
  }
});

test("after a restart renditions are there, and a stopped edge listens no more", async () => {
  const before = fleet.edge.url;
  await fleet.stop();
  await expect(getRaw(before, "/")).rejects.toThrow("ECONNREFUSED");
  fleet = await start();
  const got = await get(at("hero-80w", ODD, "webp"));
  expect([got.status, xCache(got), got.headers["content-length"]]).toEqual([
    200,
    "Miss",
    String(got.bytes.length),
  ]);
}, 60_000);

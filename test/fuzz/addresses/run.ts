import { hash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { Agent, request as sendRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import {
  DeleteObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  type StorageClass,
} from "@aws-sdk/client-s3";
import { createS3 } from "@imagefleet/core/aws";
import { FaultProxy } from "@imagefleet/local/fault-proxy";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import { REGION } from "@imagefleet/local/resources";
import sharp from "sharp";
import { Chance } from "../../model/chance.ts";
import { LABELS, SMALL_LANE_BYTES } from "./recipe.ts";
import { randomRequest, type ViewerRequest } from "./request.ts";
import { endTls, type TlsEnd } from "./tls.ts";

/** Sources by what becomes of them. */
const GOOD = ["good.png", "a b/ü +%&.jpg", "deep/er/🐱.png", "100%25.png", "dots/../up.png"];
const LARGE = "large.png";
const CHANGING = "changing.png";
const DELETED_BEFORE = "deleted-before.png";
const DELETED_LATER = "deleted-later.png";
const REJECTED = { corrupt: "corrupt.png", empty: "empty.png", archived: "archived.png" } as const;
const SOURCES = [
  ...GOOD,
  LARGE,
  CHANGING,
  DELETED_BEFORE,
  DELETED_LATER,
  ...Object.values(REJECTED),
  "never-there.png",
];

/** Requests between two overwrites of the changing source. */
const OVERWRITE_EVERY = 50;
const AT_ONCE = 6;

interface Finding {
  readonly index: number;
  readonly request: ViewerRequest;
  readonly what: string;
}

export interface AddressReport {
  readonly seed: number;
  readonly requests: number;
  readonly seconds: number;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Renditions in the bucket in the end, and how many there may be: presets x sources. */
  readonly renditions: number;
  readonly most: number;
  /** How often the changing source was overwritten. */
  readonly overwrites: number;
  /** How often the function was asked for a rendition, and how often it stored one. */
  readonly calls: number;
  readonly stored: number;
  /** Calls of the function for random versions of what is stored: 0. */
  readonly callsForVersions: number;
  readonly findings: readonly Finding[];
}

/**
 * Sends random addresses, headers and methods over HTTPS to the edge of a fleet with sources of all kinds,
 * and looks at every answer and at everything that is stored after them.
 */
export async function fuzzAddresses(seed: number, requests: number): Promise<AddressReport> {
  const folder = await mkdtemp(join(tmpdir(), "imagefleet-addresses-"));
  const counts = { calls: 0, stored: 0 };
  const proxies: FaultProxy[] = [];
  const fleet = await startFleet({
    dataDir: join(folder, "data"),
    port: 0,
    recipe: new URL("recipe.ts", import.meta.url),
    // Nobody makes what the function cannot.
    workers: 0,
    endpointFor: async (servers) => {
      const proxy = await FaultProxy.start(servers, () => undefined);
      proxy.follow = ({ operation, path }, { headers }) => {
        if (!headers.authorization?.includes("Credential=deliver/")) return undefined;
        if (operation === "GetObject" && path.includes("/manifests/")) counts.calls += 1;
        return (status) => {
          if (operation === "PutObject" && status === 200) counts.stored += 1;
        };
      };
      proxies.push(proxy);
      return proxy.endpoint;
    },
  });
  const { endpoint, credentials } = fleet;
  const s3 = createS3({ region: REGION, endpoint, credentials });
  try {
    await using tls = await endTls(new URL(fleet.edge.url));
    const viewer = new Viewer(tls, new URL(fleet.edge.url).host);
    const run = new Run(fleet, s3, viewer, seed);
    return await run.report(requests, counts);
  } finally {
    s3.destroy();
    await fleet.stop();
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

class Viewer {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #host: string;

  /** @param host the edge's own, as it refuses others */
  constructor({ port, certificate }: TlsEnd, host: string) {
    this.#agent = new Agent({ keepAlive: true, ca: certificate });
    this.#port = port;
    this.#host = host;
  }

  async get({ method, path, headers }: ViewerRequest): Promise<Got> {
    const sent = sendRequest({
      agent: this.#agent,
      host: "localhost",
      port: this.#port,
      method,
      path,
      headers: { ...headers, host: this.#host },
    });
    sent.end();
    const [response] = await once(sent, "response");
    return {
      status: response.statusCode,
      headers: response.headers,
      body: await buffer(response),
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}

class Run {
  readonly #fleet: Fleet;
  readonly #s3: S3Client;
  readonly #viewer: Viewer;
  readonly #seed: number;
  readonly #findings: Finding[] = [];
  readonly #statuses = new Map<string, number>();
  /** The sources whose first job has ended. */
  readonly #ended = new Set<string | undefined>();
  #overwrites = 0;

  constructor(fleet: Fleet, s3: S3Client, viewer: Viewer, seed: number) {
    this.#fleet = fleet;
    this.#s3 = s3;
    this.#viewer = viewer;
    this.#seed = seed;
  }

  async report(
    requests: number,
    counts: { calls: number; stored: number },
  ): Promise<AddressReport> {
    const startedAt = performance.now();
    await this.#upload();
    let next = 0;
    const view = async () => {
      while (next < requests) {
        const index = next++;
        if (index % OVERWRITE_EVERY === OVERWRITE_EVERY - 1) await this.#overwrite();
        if (index === Math.floor(requests / 2)) await this.#delete(DELETED_LATER);
        await this.#ask(index);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, view));
    const { calls, stored } = counts;
    const { keys, allowed } = await this.#objects();
    counts.calls = 0;
    await this.#askVersions(keys);
    this.#viewer.close();
    return {
      seed: this.#seed,
      requests,
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
      statuses: Object.fromEntries([...this.#statuses].sort()),
      renditions: keys.length,
      most: allowed,
      overwrites: this.#overwrites,
      calls,
      stored,
      callsForVersions: counts.calls,
      findings: this.#findings,
    };
  }

  async #upload(): Promise<void> {
    const sources = [...GOOD, CHANGING, DELETED_BEFORE, DELETED_LATER, ...Object.values(REJECTED)];
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#fleet.onJob(({ key }) => {
      this.#ended.add(key);
      if (sources.every((each) => this.#ended.has(each))) resolve();
    });
    for (const key of [...GOOD, CHANGING, DELETED_BEFORE, DELETED_LATER]) {
      await this.#put(key, await picture(key));
    }
    await this.#put(LARGE, await picture(LARGE, SMALL_LANE_BYTES));
    await this.#put(REJECTED.corrupt, (await picture("corrupt")).subarray(0, 90));
    await this.#put(REJECTED.empty, Buffer.alloc(0));
    await this.#put(REJECTED.archived, await picture("archived"), "GLACIER");
    await ended;
    await this.#delete(DELETED_BEFORE);
  }

  async #put(Key: string, Body: Buffer, StorageClass?: StorageClass): Promise<void> {
    const at = { Bucket: this.#fleet.sourceBucket, Key };
    await this.#s3.send(
      new PutObjectCommand({ ...at, Body, ...(StorageClass && { StorageClass }) }),
    );
  }

  async #overwrite(): Promise<void> {
    this.#overwrites += 1;
    await this.#put(CHANGING, await picture(`${CHANGING} ${this.#overwrites}`));
  }

  /** Deletes a source, and waits for its renditions' removal. */
  async #delete(Key: string): Promise<void> {
    const { promise: removed, resolve } = Promise.withResolvers<void>();
    this.#fleet.onJob(({ key, outcome }) => {
      if (key === Key && outcome === "removed") resolve();
    });
    await this.#s3.send(new DeleteObjectCommand({ Bucket: this.#fleet.sourceBucket, Key }));
    await removed;
  }

  async #ask(index: number): Promise<void> {
    const chance = new Chance(Math.imul(this.#seed, 0x9e3779b1) + index);
    const request = randomRequest(chance, { sources: SOURCES, labels: LABELS });
    try {
      const got = await this.#viewer.get(request);
      this.#statuses.set(String(got.status), (this.#statuses.get(String(got.status)) ?? 0) + 1);
      const what = wrongWith(request, got);
      if (what !== undefined) this.#findings.push({ index, request, what });
    } catch (error) {
      this.#findings.push({ index, request, what: `no answer: ${error}` });
    }
  }

  /** What is stored, and how many renditions may be. Others are findings. */
  async #objects(): Promise<{ keys: string[]; allowed: number }> {
    const there = [...GOOD, CHANGING];
    const allowed = new Set(
      there.flatMap((source) =>
        Object.entries(LABELS).flatMap(([label, exts]) =>
          exts.map((ext) => `${label}/${pathOf(source)}.${ext}`),
        ),
      ),
    );
    const manifests = new Set(SOURCES.map((source) => `manifests/${pathOf(source)}.json`));
    const keys: string[] = [];
    const pages = paginateListObjectsV2(
      { client: this.#s3 },
      { Bucket: this.#fleet.renditionBucket },
    );
    for await (const { Contents = [] } of pages) {
      for (const { Key = "" } of Contents) {
        if (allowed.has(Key)) keys.push(Key);
        else if (!manifests.has(Key)) {
          const request = { method: "", path: Key, headers: {} };
          this.#findings.push({
            index: -1,
            request,
            what: "an object that the recipe never makes",
          });
        }
      }
    }
    return { keys, allowed: allowed.size };
  }

  /** Random versions of what is stored: S3 answers them. */
  async #askVersions(keys: readonly string[]): Promise<void> {
    const chance = new Chance(this.#seed);
    for (const key of keys.filter((each) => !each.includes(CHANGING))) {
      const v = chance
        .below(2 ** 32)
        .toString(16)
        .padStart(8, "0");
      const path = `/${key.split("/").map(encodeURIComponent).join("/")}?v=${v}`;
      const request = { method: "GET", path, headers: {} };
      const { status } = await this.#viewer.get(request);
      if (status !== 200) {
        this.#findings.push({ index: -1, request, what: `a stored rendition is ${status}` });
      }
    }
  }
}

/** A picture whose bytes its name determines. @param bytes at least so many, by a text after the picture */
async function picture(name: string, bytes = 0): Promise<Buffer> {
  const [r = 0, g = 0, b = 0] = Buffer.from(hash("sha256", name), "hex");
  const create = { width: 60, height: 50, channels: 3, background: { r, g, b } } as const;
  const made = await sharp({ create }).png().toBuffer();
  return Buffer.concat([made, Buffer.alloc(Math.max(0, bytes - made.length + 1))]);
}

/** As docs/recipe.md promises it for these names. */
function pathOf(source: string): string {
  return source.replaceAll("%", "%25").replaceAll("/../", "/%2E%2E/");
}

const REDIRECTS = [301, 302, 303, 307, 308];
/** What a distribution, or a function of the fleet, may answer. */
const STATUSES = [200, 206, 304, 400, 403, 404, 405, 414, 416, 494, 503];
/** Answers of the recipe, of a substitute, and with the version of the content. */
const KEPT = [
  "public, max-age=86400, stale-while-revalidate=604800",
  "public, max-age=10, stale-if-error=10",
  "public, max-age=31536000, immutable",
];
const NOT_FOUND = ["public, max-age=60", "no-store"];

/** What is wrong with an answer; undefined if nothing is. */
function wrongWith({ method, path }: ViewerRequest, { status, headers, body }: Got) {
  const { location, "cache-control": cacheControl = "", "x-cache": xCache = "" } = headers;
  if (REDIRECTS.includes(status) || location !== undefined) return `a redirect: ${status}`;
  if (!STATUSES.includes(status)) return `the status is ${status}: ${body.subarray(0, 200)}`;
  if (status === 503 && !isOfLarge(path)) return `503: ${body}`;
  if (headers["set-cookie"] !== undefined) return "it sets a cookie";
  if (Object.keys(headers).some((name) => name.startsWith("x-amz-meta-"))) return "it has metadata";
  const isVaried = headers.vary === "Accept";
  if (method === "HEAD" && body.length > 0) return "a HEAD has a body";
  if (status === 200 || status === 206 || status === 304) {
    if (!KEPT.includes(cacheControl)) return `${status} with Cache-Control "${cacheControl}"`;
    const type = headers["content-type"] ?? "";
    if (status === 200 && !type.startsWith("image/")) return `the type is ${type}`;
    if (isVaried !== /auto/i.test(decoded(path))) return `Vary is ${headers.vary}`;
    const etag = headers.etag?.replaceAll('"', "");
    const isWhole = status === 200 && method === "GET" && etag !== undefined;
    if (isWhole && hash("md5", body) !== etag) return "the bytes are not those of the ETag";
    return undefined;
  }
  if (status === 404 && !NOT_FOUND.includes(cacheControl)) {
    return `404 with Cache-Control "${cacheControl}" (${xCache})`;
  }
  return undefined;
}

function isOfLarge(path: string): boolean {
  return decoded(path).includes(LARGE);
}

function decoded(address: string): string {
  const [path = ""] = address.split("?");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

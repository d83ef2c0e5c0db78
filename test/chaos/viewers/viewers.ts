import { hash } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { ORIGIN_MS } from "@imagefleet/local/edge";
import type { Chance } from "../../model/chance.ts";
import { pixelsOf } from "../snapshot/index.ts";
import { askableKeys, type Rgb } from "../sources/index.ts";
import type { ViewerAnswer } from "./judge.ts";
import type { SourceTimeline } from "./timelines.ts";

export interface ViewersOptions {
  /** The edge's address. */
  readonly url: string;
  readonly chance: Chance;
  readonly sources: SourceTimeline;
  /** How many requests are sent in all. */
  readonly requests: number;
  /** How many may have been sent by now. */
  readonly due: () => number;
  readonly signal: AbortSignal;
}

/**
 * Viewers, who wait for their answers: a few more than the environments of the function, so that some are
 * throttled.
 */
const AT_ONCE = 12;
const LOOK_MS = 50;
/** The shares of requests for sources that have just changed, with a version, and with a condition. */
const RECENT = 0.7;
const VERSIONED = 0.4;
const CONDITIONAL = 0.2;

const ACCEPTS = [
  "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
  "image/png,image/svg+xml,image/*;q=0.8",
  "*/*",
] as const;
const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/webp": "webp",
  "image/jpeg": "jpg",
  "image/png": "png",
};

/** Requests renditions of random sources, and keeps all answers. */
export class Viewers {
  readonly answers: ViewerAnswer[] = [];
  /** Answers whose connection ended before their end. */
  cut = 0;
  readonly #options: ViewersOptions;
  readonly #agent = new Agent({ keepAlive: true });
  /** By the hash of the bytes, the picture's color. */
  readonly #colors = new Map<string, Rgb | undefined>();
  /** By address, what a viewer has seen there. */
  readonly #seen = new Map<string, { etag: string; ext: string; color: Rgb | undefined }>();
  #sent = 0;

  constructor(options: ViewersOptions) {
    this.#options = options;
  }

  /** How many requests that are due have not been sent. */
  get behind(): number {
    const { requests, due } = this.#options;
    return Math.min(due(), requests) - this.#sent;
  }

  /** Resolves when all requests are answered, or the signal is aborted. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#view()));
    this.#agent.destroy();
  }

  async #view(): Promise<void> {
    const { requests, signal, sources } = this.#options;
    while (this.#sent < requests && !signal.aborted) {
      if (this.behind <= 0 || sources.keys.length === 0) {
        await delay(LOOK_MS);
        continue;
      }
      this.#sent += 1;
      await this.#ask();
    }
  }

  async #ask(): Promise<void> {
    const { chance, sources } = this.#options;
    const source = chance.of(chance.happens(RECENT) ? sources.recent : sources.keys);
    const key = chance.of(askableKeys(source));
    const v = this.#version(source);
    const accept = chance.of(ACCEPTS);
    const path = `/${key.split("/").map(encodeURIComponent).join("/")}${v ? `?v=${v}` : ""}`;
    const before = chance.happens(CONDITIONAL) ? this.#seen.get(`${path} ${accept}`) : undefined;
    const askedAt = performance.now();
    try {
      const { status, headers, body } = await this.#get(path, {
        accept,
        ...(before && { "if-none-match": before.etag }),
      });
      const answeredAt = performance.now();
      const color = status === 304 ? before?.color : await this.#colorOf(status, body);
      const { etag, "cache-control": cacheControl = "" } = headers;
      // A 304 has no type.
      const ext =
        (status === 304 ? before?.ext : EXTENSIONS[headers["content-type"] ?? ""]) ?? "auto";
      if (status === 200 && etag !== undefined)
        this.#seen.set(`${path} ${accept}`, { etag, ext, color });
      this.answers.push({
        source,
        key: key.replace(/auto$/, ext),
        v,
        askedAt,
        answeredAt,
        originMs: Number(named(headers, ORIGIN_MS) ?? 0),
        status,
        cacheControl,
        xCache: named(headers, "x-cache")?.replace(" from cloudfront", "") ?? "",
        substitute: named(headers, "x-imagefleet-substitute"),
        isStored: headers["last-modified"] !== undefined,
        color,
      });
    } catch {
      this.cut += 1;
    }
  }

  /** None, that of a content of the source, mostly the last, or one that no content has. */
  #version(source: string): string | undefined {
    const { chance, sources } = this.#options;
    if (!chance.happens(VERSIONED)) return undefined;
    const etags = sources.of(source).flatMap(({ etag }) => etag ?? []);
    const etag = chance.happens(0.7) ? etags.at(-1) : chance.pick(etags);
    return etag === undefined || chance.happens(0.05)
      ? "00000000"
      : etag.replaceAll('"', "").slice(0, 8);
  }

  async #colorOf(status: number, body: Buffer): Promise<Rgb | undefined> {
    if (status !== 200) return undefined;
    const name = hash("sha256", body);
    if (!this.#colors.has(name)) this.#colors.set(name, (await pixelsOf(body))?.color);
    return this.#colors.get(name);
  }

  async #get(path: string, headers: Record<string, string>) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number;
      headers: IncomingHttpHeaders;
      body: Buffer;
    }>();
    request(this.#options.url, { path, headers, agent: this.#agent }, (response) => {
      const { statusCode: status = 0 } = response;
      buffer(response).then((body) => resolve({ status, headers: response.headers, body }), reject);
    })
      .on("error", reject)
      .end();
    return promise;
  }
}

function named(headers: IncomingHttpHeaders, name: string): string | undefined {
  return headers[name]?.toString();
}

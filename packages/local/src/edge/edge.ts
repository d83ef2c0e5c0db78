import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { KeyValues } from "@imagefleet/edge/run";
import { PortTaken } from "../aws/index.ts";
import { InvalidationApi } from "./api.ts";
import { CachedOrigins, type Found } from "./cached-origins.ts";
import { CACHE_TIMES, type CacheTimes } from "./freshness.ts";
import {
  EdgeFunction,
  EdgeFunctionError,
  type EventRequest,
  type EventResponse,
  eventHeaders,
  eventRequestOf,
} from "./functions.ts";
import { generated, type OriginAnswer, type OriginOptions, Origins } from "./origins.ts";
import { isUnmodified, type Part, partOf } from "./partial.ts";

export interface EdgeOptions extends Omit<OriginOptions, "timeoutMs"> {
  /** The code of the functions for viewer requests and viewer responses. */
  readonly functions: { readonly request: string; readonly response: string };
  /** Pages by path. A path that the request's function lets through is never one of them. */
  readonly pages?: Readonly<Record<string, (query: URLSearchParams) => Promise<string>>>;
  /**
   * Origins whose pages may show and read what is answered. CloudFront serves pages of all sites; here
   * a foreign page could find out which pictures are on this machine.
   */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Default: those of the fleet's distribution. */
  readonly times?: CacheTimes;
  /** Default: 256 MiB. */
  readonly cacheBytes?: number;
  /** Default: 30 s, the origin response timeout of the fleet's distribution. */
  readonly originTimeoutMs?: number;
  /**
   * Whether `event.request` of the response's function is what the request's function made, or what
   * the viewer sent. AWS does not document it: code must be right with both. Default: rewritten.
   */
  readonly responseSees?: "rewritten" | "viewer";
  /** The key value store of the request's function. Default: an empty one. */
  readonly keyValues?: KeyValues;
  /**
   * Path patterns of the cache behaviors whose policy adds `Vary: Accept` to each response, errors
   * included. They are compared with what the viewer requests. `*` stands for any characters.
   */
  readonly negotiated?: readonly string[];
  /** ms since the epoch */
  readonly now?: () => number;
  /** Default: a free one. */
  readonly port?: number;
}

/** CloudFront on this machine. */
export interface Edge {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /**
   * Forgets what is cached at paths, of which each begins with `/` and may end with `*`.
   * CloudFront's CreateInvalidation does the same; the requests are signed with the bucket's credentials.
   *
   * @throws RangeError for another path
   */
  invalidate(paths: readonly string[]): void;
  close(): Promise<void>;
}

const MIB = 1024 * 1024;

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const MAX_URL_BYTES = 8192;
const MAX_HEADER_BYTES = 20_480;

/** Those of the fleet's response headers policy that do not depend on a domain. */
const POLICY_HEADERS = { "x-content-type-options": "nosniff" };

/** @throws SyntaxError for code that cannot be parsed; PortTaken */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { bucket, functionUrl, originTimeoutMs: timeoutMs = 30_000, now = Date.now } = options;
  const origins = new Origins({ bucket, ...(functionUrl && { functionUrl }), timeoutMs });
  const times = options.times ?? CACHE_TIMES;
  const cached = new CachedOrigins(origins, times, options.cacheBytes ?? 256 * MIB, now);
  const behavior = new Behavior(options, cached, now);
  const invalidate = (paths: readonly string[]) => {
    const wrong = paths.find((path) => !/^\/[^*]*\*?$/.test(path));
    if (wrong !== undefined) {
      throw new RangeError(`a path begins with / and has no * but at its end: "${wrong}"`);
    }
    for (const path of paths) cached.invalidate(path);
  };
  const api = new InvalidationApi(bucket.credentials, invalidate);
  let port = options.port ?? 0;
  const server = createServer({ maxHeaderSize: 81_920 }, async (request, response) => {
    try {
      // A page whose name resolves to this machine may neither read pictures nor invalidate.
      if (!isOwn(request.headers.host, port)) {
        write(request, response, error(403, "The Host header names another server."));
      } else if (isForeign(request, options.corsOrigins ?? [])) {
        const text = "A page of another site may not use this edge: start with --cors-origin.";
        write(request, response, error(403, text));
      } else if (!(await api.answer(request, response))) {
        await behavior.answer(request, response);
      }
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject("code" in cause && cause.code === "EADDRINUSE" ? new PortTaken(port) : cause);
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  port = Number(Object(server.address()).port);
  return {
    url: `http://127.0.0.1:${port}`,
    invalidate,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      origins.close();
      await closed;
    },
  };
}

/** The cache behaviors: they differ only in `Vary`. */
class Behavior {
  readonly #options: EdgeOptions;
  readonly #cached: CachedOrigins;
  readonly #now: () => number;
  readonly #request: EdgeFunction;
  readonly #response: EdgeFunction;
  readonly #negotiated: readonly RegExp[];

  constructor(options: EdgeOptions, cached: CachedOrigins, now: () => number) {
    this.#options = options;
    this.#cached = cached;
    this.#now = now;
    const { functions, keyValues = () => undefined, negotiated = [] } = options;
    this.#request = new EdgeFunction("viewer-request", functions.request, keyValues);
    this.#response = new EdgeFunction("viewer-response", functions.response, () => undefined);
    this.#negotiated = negotiated.map(patternOf);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = refusalOf(request) ?? (await this.#reply(request));
    const { origin } = request.headers;
    const mayRead = origin !== undefined && this.#options.corsOrigins?.includes(origin);
    const [path = ""] = (request.url ?? "").split("?", 1);
    const headers = {
      ...(mayRead && { "access-control-allow-origin": origin }),
      ...(this.#negotiated.some((pattern) => pattern.test(path)) && { vary: "Accept" }),
      ...POLICY_HEADERS,
    };
    write(request, response, { ...reply, headers: { ...reply.headers, ...headers } });
  }

  async #reply(message: IncomingMessage): Promise<Reply> {
    const viewer = { ip: message.socket.remoteAddress ?? "" };
    const asked = eventRequestOf(message);
    try {
      // A copy, because the event is the function's own.
      const made = await this.#request.request(viewer, asked);
      if (!("uri" in made)) return (await this.#page(message)) ?? replyOf(made, undefined);
      const found = await this.#cached.get({
        method: made.method === "HEAD" ? "HEAD" : "GET",
        uri: made.uri,
        v: made.querystring["v"]?.value,
      });
      const seen = this.#options.responseSees === "viewer" ? asked : made;
      return await this.#found(found, viewer, seen, message);
    } catch (thrown) {
      if (!(thrown instanceof EdgeFunctionError)) throw thrown;
      const text = `The CloudFront function associated with the distribution is invalid or could not run: ${thrown.message}`;
      return { ...generated(thrown.status, text), xCache: "FunctionExecutionError" };
    }
  }

  async #page({ url = "/" }: IncomingMessage): Promise<Reply | undefined> {
    const [path = "", query] = url.split("?", 2);
    const { pages = {} } = this.#options;
    if (!Object.hasOwn(pages, path)) return undefined;
    const body = Buffer.from((await pages[path]?.(new URLSearchParams(query))) ?? "");
    const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
    return { status: 200, headers, body };
  }

  async #found(
    found: Found,
    viewer: { ip: string },
    seen: EventRequest,
    message: IncomingMessage,
  ): Promise<Reply> {
    const { answer, result, cachedAt, originMs } = found;
    const headers = withoutVary(answer.headers);
    if (answer.status >= 400) return { ...answer, headers, xCache: "Error", originMs };
    const part = partFor(message, { ...answer, headers }, cachedAt !== undefined);
    const event = {
      statusCode: part.status,
      headers: eventHeaders(part.headers),
      cookies: {},
    };
    // Not for an origin's error, nor for what the request's function has answered.
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html#function-restrictions-status-codes
    const reply = replyOf(await this.#response.response(viewer, seen, event), part.body);
    const age = cachedAt === undefined ? undefined : Math.floor((this.#now() - cachedAt) / 1000);
    return {
      ...reply,
      headers: { ...reply.headers, ...(age !== undefined && { age: String(age) }) },
      xCache: result,
      originMs,
      isChunked: answer.isChunked && part.status === 200,
      isWhole: answer.isWhole,
    };
  }
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.split("*").map(RegExp.escape).join(".*")}$`, "s");
}

/**
 * A header that CloudFront does not have: how long the request to the origins took that brought or
 * confirmed the answer, ms. A cached answer is of what the origins had that much before it was kept.
 */
export const ORIGIN_MS = "x-imagefleet-origin-ms";

/** What is sent to a viewer. */
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
  /** Absent: it is not of CloudFront. */
  readonly xCache?: string;
  /** How long the request to the origins took, ms; absent where they were not asked. */
  readonly originMs?: number;
  readonly isChunked?: boolean;
  readonly isWhole?: boolean;
}

/** What CloudFront refuses before its functions run. */
function refusalOf(request: IncomingMessage): Reply | undefined {
  const { method, url = "/", headers, rawHeaders } = request;
  if (Buffer.byteLength(url) > MAX_URL_BYTES) return error(414, "The address is too long.");
  if (Buffer.byteLength(rawHeaders.join("")) > MAX_HEADER_BYTES) {
    return error(494, "The headers are too long.");
  }
  if (method !== "GET" && method !== "HEAD") {
    return error(403, "This distribution is not configured to allow the HTTP request method.");
  }
  const hasBody = Number(headers["content-length"] ?? 0) > 0 || "transfer-encoding" in headers;
  return hasBody ? error(403, "A GET request has no body.") : undefined;
}

function error(status: number, text: string): Reply {
  return { ...generated(status, text), xCache: "Error" };
}

function partFor(message: IncomingMessage, answer: OriginAnswer, isCached: boolean): Part {
  const asked = Object.fromEntries(
    Object.entries(message.headers).map(([name, value = ""]) => [name, String(value)]),
  );
  const { status, headers, body } = answer;
  if (status === 200 && isUnmodified(asked, headers)) {
    const { "content-type": _type, "content-length": _length, ...rest } = headers;
    return { status: 304, headers: rest, body: Buffer.alloc(0) };
  }
  // Of a response without a known length, a range is only cut from the cache.
  const mayCut = status === 200 && message.method === "GET" && (isCached || !answer.isChunked);
  return (mayCut && answer.isWhole && partOf(asked, { headers, body })) || answer;
}

/**
 * Only these of an origin's values reach the viewer, as no other header is part of the cache key.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#ResponseCustomRemovedHeaders
 */
function withoutVary({ vary = "", ...headers }: OriginAnswer["headers"]): Record<string, string> {
  const kept = vary.split(",").filter((each) => /^(accept-encoding|cookie|\*)$/i.test(each.trim()));
  return { ...headers, ...(kept.length > 0 && { vary: kept.join().trim() }) };
}

/** @param original the body that the function did not replace; undefined: the function has answered */
function replyOf(
  { statusCode, headers, body }: EventResponse,
  original: Buffer | undefined,
): Reply {
  const own =
    typeof body === "object"
      ? Buffer.from(body.data, body.encoding === "base64" ? "base64" : "utf8")
      : body === undefined
        ? original
        : Buffer.from(body);
  const written = Object.entries(headers).map(([name, { value, multiValue }]) => {
    return [name, multiValue?.map((each) => each.value) ?? value];
  });
  return {
    status: statusCode,
    headers: Object.fromEntries(written),
    body: own ?? Buffer.alloc(0),
    ...(original === undefined && { xCache: "FunctionGeneratedResponse" }),
  };
}

function write({ method }: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { status, body, xCache, originMs, isChunked = false, isWhole = true } = reply;
  const isHead = method === "HEAD";
  const { "content-length": length, ...headers } = reply.headers;
  const given = isHead || !isWhole ? length?.toString() : String(body.length);
  response.writeHead(status, {
    ...headers,
    ...(given !== undefined && !isChunked && status !== 304 && { "content-length": given }),
    ...(originMs !== undefined && { [ORIGIN_MS]: String(Math.ceil(originMs)) }),
    ...(xCache !== undefined && {
      "x-cache": `${xCache} from cloudfront`,
      via: "1.1 local.cloudfront.net (CloudFront)",
      "x-amz-cf-pop": "LOCAL",
      "x-amz-cf-id": randomUUID(),
    }),
  });
  if (isHead) response.end();
  else if (isWhole) response.end(body);
  else response.write(body, () => response.destroy());
}

/**
 * Whether a browser sends the request for a page of another site. Pages of `localhost` on any port are
 * of the same site as the edge by that name. https://www.w3.org/TR/fetch-metadata/
 */
function isForeign({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  if (headers["sec-fetch-site"] !== "cross-site") return false;
  const page = headers.origin ?? URL.parse(headers.referer ?? "")?.origin;
  return page === undefined || !allowed.includes(page);
}

function isOwn(host: string | undefined, port: number): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].some((name) => host === `${name}:${port}`);
}

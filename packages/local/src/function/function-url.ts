import { randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { LambdaFunctionURLEvent } from "aws-lambda";
import * as v from "valibot";
import type { LocalFunction } from "./function.ts";
import type { OnChunk } from "./result.ts";
import { DELIMITER, WITH_PRELUDE } from "./runtime/streaming.ts";

/**
 * The header by which the edge's requests are known. On AWS, CloudFront's origin access control signs
 * them (SigV4); here they carry a secret that the edge and the function URL share.
 */
export const EDGE_MARK = "x-imagefleet-edge";

export interface FunctionUrlOptions {
  readonly fn: LocalFunction;
  /** The value of `EDGE_MARK` in the requests to accept. Absent: all are accepted, as AuthType NONE. */
  readonly secret?: string;
  /** Default: RESPONSE_STREAM. */
  readonly invokeMode?: "BUFFERED" | "RESPONSE_STREAM";
  /** Default: a free one. */
  readonly port?: number;
}

export interface FunctionUrl {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Ends the server and its connections. The function goes on. */
  close(): Promise<void>;
}

/** 6 MB, of requests and buffered responses. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const BUFFERED_BYTES = 6_291_556;
/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html */
const STREAMED_BYTES = 200 * 1024 * 1024;

const headers = v.optional(
  v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
  {},
);
const preludeSchema = v.object({
  statusCode: v.optional(v.number(), 200),
  headers,
  cookies: v.optional(v.array(v.string()), []),
});
const returnedSchema = v.object({
  ...preludeSchema.entries,
  statusCode: v.number(),
  body: v.optional(v.string(), ""),
  isBase64Encoded: v.optional(v.boolean(), false),
});

/**
 * Serves a function by HTTP as Lambda serves it behind a function URL, with the payload format 2.0.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 *
 * Where AWS documents no status, it is the one that users report: 502 for all errors of the function
 * (https://github.com/middyjs/middy/issues/1137, https://github.com/awslabs/aws-lambda-cpp/issues/200).
 * The rate limit after the first 6 MB of a stream is not applied.
 */
export async function startFunctionUrl(options: FunctionUrlOptions): Promise<FunctionUrl> {
  let active = 0;
  const server = createServer({ maxHeaderSize: 81_920 }, async (request, response) => {
    const { fn, secret } = options;
    if (secret !== undefined && !isSame(request.headers[EDGE_MARK], secret)) {
      return refuse(response, 403, "AccessDeniedException", '{"Message":"Forbidden"}');
    }
    try {
      const body = await bodyOf(request);
      if (body === undefined) {
        return refuse(response, 413, "RequestEntityTooLargeException", '{"Message":null}');
      }
      // Reserved concurrency: Lambda throttles, it does not queue.
      if (active >= fn.maximumConcurrency) {
        return refuse(response, 429, "TooManyRequestsException", '{"Message":"Rate Exceeded."}');
      }
      active += 1;
      const answer = new StreamedAnswer(response, options.invokeMode ?? "RESPONSE_STREAM");
      const onChunk: OnChunk = (data, contentType) => answer.write(data, contentType);
      // Before the response ends: its viewer may ask again at once.
      const result = await fn.invoke(eventOf(request, body), onChunk).finally(() => {
        active -= 1;
      });
      if (result.kind === "streamed") answer.end();
      else if (result.kind === "returned") writeReturned(response, result.payload);
      else answer.fail();
    } catch {
      // The viewer's connection has ended, or the function is stopped.
      response.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it is not listening");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The response of a streaming handler. */
class StreamedAnswer {
  readonly #response: ServerResponse;
  readonly #mode: "BUFFERED" | "RESPONSE_STREAM";
  #held = Buffer.alloc(0);
  #bytes = 0;
  #contentType = "application/octet-stream";
  #hasFailed = false;

  constructor(response: ServerResponse, mode: "BUFFERED" | "RESPONSE_STREAM") {
    this.#response = response;
    this.#mode = mode;
  }

  write(data: Uint8Array, contentType: string): void {
    this.#contentType = contentType;
    this.#bytes += data.length;
    if (this.#hasFailed) return;
    if (this.#bytes > (this.#mode === "BUFFERED" ? BUFFERED_BYTES : STREAMED_BYTES)) {
      this.fail();
      return;
    }
    if (this.#response.headersSent) {
      this.#response.write(data);
      return;
    }
    this.#held = Buffer.concat([this.#held, data]);
    if (this.#mode === "RESPONSE_STREAM") this.#begin();
  }

  end(): void {
    if (this.#hasFailed) return;
    if (!this.#response.headersSent) this.#begin();
    // A handler that ended its stream without a write: its status and headers were never sent.
    // https://github.com/middyjs/middy/issues/1189
    if (!this.#response.headersSent && this.#bytes === 0) {
      this.#response.writeHead(200, { "content-type": "application/octet-stream" });
    }
    if (this.#response.headersSent) this.#response.end();
    else this.fail();
  }

  /** After the first byte, the viewer can only see that the response is cut. */
  fail(): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    if (this.#response.headersSent) this.#response.destroy();
    else writeError(this.#response);
  }

  /** Sends the head as soon as it is known. */
  #begin(): void {
    if (this.#bytes === 0) return;
    if (this.#contentType !== WITH_PRELUDE) {
      this.#response.writeHead(200, { "content-type": this.#contentType });
      this.#response.write(this.#held);
      return;
    }
    const at = this.#held.indexOf(DELIMITER);
    if (at < 0) return;
    const prelude = parsed(preludeSchema, this.#held.subarray(0, at).toString());
    if (prelude === undefined) {
      this.fail();
      return;
    }
    writeHead(this.#response, prelude);
    this.#response.flushHeaders();
    const rest = this.#held.subarray(at + DELIMITER.length);
    if (rest.length > 0) this.#response.write(rest);
  }
}

function parsed<const Schema extends v.GenericSchema>(
  schema: Schema,
  json: string,
): v.InferOutput<Schema> | undefined {
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), json);
  return found.success ? found.output : undefined;
}

function writeHead(
  response: ServerResponse,
  { statusCode, headers: given, cookies }: v.InferOutput<typeof preludeSchema>,
): void {
  const sent = Object.entries(given).map(([name, value]) => [remapped(name), String(value)]);
  const content = { "content-type": "application/json", ...Object.fromEntries(sent) };
  response.writeHead(statusCode, {
    ...content,
    ...(cookies.length > 0 && { "set-cookie": cookies }),
  });
}

/**
 * A stream is answered in chunks, whose end is marked, and the header of its length has another name.
 * https://github.com/cargo-lambda/cargo-lambda/issues/862
 */
function remapped(name: string): string {
  const lower = name.toLowerCase();
  return lower === "content-length" ? `x-amzn-remapped-${lower}` : lower;
}

/** The response of a handler that returns: as it says, or its JSON. */
function writeReturned(response: ServerResponse, payload: unknown): void {
  const returned = v.safeParse(returnedSchema, payload);
  if (returned.success) {
    const { body, isBase64Encoded } = returned.output;
    const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
    writeHead(response, returned.output);
    response.end(bytes);
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(payload));
}

function writeError(response: ServerResponse): void {
  response.writeHead(502, { "content-type": "application/json" });
  response.end("Internal Server Error");
}

function refuse(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type });
  response.end(body);
}

function isSame(given: string | string[] | undefined, secret: string): boolean {
  const [a, b] = [Buffer.from(String(given)), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Undefined if it is larger than a request may be. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes <= BUFFERED_BYTES) parts.push(part);
  }
  return bytes <= BUFFERED_BYTES ? Buffer.concat(parts) : undefined;
}

/** Types of bodies that arrive as text; all others are base64. */
const TEXT = /^(text\/|application\/(json|javascript|xml)\b)/i;

/**
 * The event of a request. `rawPath` is the path as it was sent: a function URL decodes nothing, unlike
 * an HTTP API (https://github.com/hotsock/voker/pull/8 and
 * https://github.com/middleapi/standard-server/pull/93 show what AWS sends).
 */
function eventOf(request: IncomingMessage, body: Buffer): LambdaFunctionURLEvent {
  const { method = "GET", url = "/", socket, httpVersion } = request;
  const { cookie, [EDGE_MARK]: _mark, ...others } = request.headers;
  const at = url.indexOf("?");
  const rawPath = at < 0 ? url : url.slice(0, at);
  const rawQueryString = at < 0 ? "" : url.slice(at + 1);
  const now = new Date();
  const given = Object.entries(others).map(([name, value = ""]) => [name, String(value)]);
  const { host = "127.0.0.1", "user-agent": userAgent = "" } = request.headers;
  const isText = TEXT.test(request.headers["content-type"] ?? "");
  const query = [...new URLSearchParams(rawQueryString)];
  const values = Map.groupBy(query, ([name]) => name);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookie !== undefined && { cookies: cookie.split("; ") }),
    headers: Object.fromEntries(given),
    ...(query.length > 0 && {
      queryStringParameters: Object.fromEntries(
        [...values].map(([name, all]) => [name, all.map(([, value]) => value).join()]),
      ),
    }),
    requestContext: {
      accountId: "anonymous",
      apiId: "local",
      domainName: host,
      domainPrefix: "local",
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${httpVersion}`,
        sourceIp: socket.remoteAddress ?? "",
        userAgent,
      },
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

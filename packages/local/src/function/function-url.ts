import { timingSafeEqual } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import * as v from "valibot";
import type { LocalFunction } from "./function.ts";
import { bodyOf, eventOf } from "./http-event.ts";
import { preludeSchema, writeHead, writeReturned } from "./http-response.ts";
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
    delete request.headers[EDGE_MARK];
    try {
      const body = await bodyOf(request, BUFFERED_BYTES);
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

function parsed<const Schema extends v.GenericSchema>(
  schema: Schema,
  json: string,
): v.InferOutput<Schema> | undefined {
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), json);
  return found.success ? found.output : undefined;
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

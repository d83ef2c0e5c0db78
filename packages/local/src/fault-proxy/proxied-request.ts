import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { FaultKind, Follow } from "./fault.ts";

/** The server that requests are sent to. */
export interface Upstream {
  readonly target: URL;
  readonly agent: Agent;
}

/** Headers of a connection, which are not passed on. */
const HOP = ["connection", "keep-alive", "expect", "proxy-connection"];

/** One request to the server and its response, with streamed bodies. */
export class ProxiedRequest {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #upstream: Upstream;
  readonly #onSent: () => ReturnType<Follow>;
  /** The request's body, if it has been read. */
  #read: Buffer | undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    upstream: Upstream,
    onSent: () => ReturnType<Follow>,
  ) {
    this.#request = request;
    this.#response = response;
    this.#upstream = upstream;
    this.#onSent = onSent;
  }

  async body(): Promise<string> {
    this.#read ??= Buffer.concat(await this.#request.toArray());
    return this.#read.toString();
  }

  async through(): Promise<void> {
    const answer = await this.#ask();
    this.#begin(answer);
    await pipeline(answer, this.#response);
  }

  /** The client sees its connection reset. */
  reset(): void {
    this.#request.socket.resetAndDestroy();
  }

  async loseAnswer(): Promise<void> {
    const answer = await this.#ask();
    await finished(answer.resume());
    this.reset();
  }

  /** @returns the actual fault: a request without a body is reset */
  async cutRequest(): Promise<FaultKind> {
    const bytes = Number(this.#request.headers["content-length"] ?? 0);
    if (bytes > 0) {
      const sent = this.#open();
      sent.on("error", () => {});
      // Leaving a stream before its end destroys its socket before the half is sent.
      const content = this.#content().iterator({ destroyOnReturn: false });
      await pipeline(first(bytes / 2)(content), sent, { end: false });
      sent.destroy();
    }
    this.reset();
    return bytes > 0 ? "cutRequest" : "reset";
  }

  /** @returns the actual fault: a response without a body is dropped */
  async cutResponse(): Promise<FaultKind> {
    const answer = await this.#ask();
    const bytes = Number(answer.headers["content-length"] ?? 0);
    if (bytes === 0 || this.#request.method === "HEAD") {
      await finished(answer.resume());
      this.reset();
      return "lostAnswer";
    }
    this.#begin(answer);
    await pipeline(answer, first(bytes / 2), this.#response, { end: false });
    // Not a reset, which would discard data that the client has not read yet.
    this.#response.destroy();
    return "cutResponse";
  }

  /** Sends the whole request and returns the response's headers. */
  async #ask(): Promise<IncomingMessage> {
    const onAnswer = await this.#onSent();
    const sent = this.#open();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    promise.then(
      ({ statusCode }) => onAnswer?.(statusCode),
      () => onAnswer?.(undefined),
    );
    sent.once("response", resolve).on("error", reject);
    // A server may respond before it has read the whole body: its response counts, not the broken pipe.
    pipeline(this.#content(), sent).catch(reject);
    return promise;
  }

  #open(): ClientRequest {
    const { target, agent } = this.#upstream;
    const { method, url: path, headers } = this.#request;
    const { hostname, port } = target;
    const sent = httpRequest({
      hostname,
      port,
      agent,
      method,
      path,
      // The server requires its own name as Host, and checks signatures with the signed one.
      headers: { ...onward(headers), host: target.host, "x-forwarded-host": headers.host },
    });
    // When the client disconnects, the server's request ends, as without a proxy.
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) sent.destroy();
    });
    return sent;
  }

  #content(): Readable {
    return this.#read === undefined ? this.#request : Readable.from([this.#read]);
  }

  #begin({ statusCode = 502, headers }: IncomingMessage): void {
    this.#response.writeHead(statusCode, onward(headers));
  }
}

/** The first bytes of a stream, as many as given or one fewer. */
function first(bytes: number) {
  return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let left = Math.floor(bytes);
    for await (const chunk of chunks) {
      yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  };
}

function onward(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.includes(name)));
}

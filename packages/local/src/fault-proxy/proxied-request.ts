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
import type { FaultKind } from "./fault.ts";

/** Where requests go on to. */
export interface Upstream {
  readonly target: URL;
  readonly agent: Agent;
}

/** Headers of one connection, which is not the next one's. */
const HOP = ["connection", "keep-alive", "expect", "proxy-connection"];

/** One request on its way to the server, and its answer back; bodies stream. */
export class ProxiedRequest {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #upstream: Upstream;
  /** The request's body, when it has been read already. */
  #read: Buffer | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, upstream: Upstream) {
    this.#request = request;
    this.#response = response;
    this.#upstream = upstream;
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

  /** @returns what it came to: without a body there is only the connection to reset */
  async cutRequest(): Promise<FaultKind> {
    const bytes = Number(this.#request.headers["content-length"] ?? 0);
    if (bytes > 0) {
      const sent = this.#open();
      sent.on("error", () => {});
      // A stream that is left before its end would take its socket along, before the half is sent.
      const content = this.#content().iterator({ destroyOnReturn: false });
      await pipeline(first(bytes / 2)(content), sent, { end: false });
      sent.destroy();
    }
    this.reset();
    return bytes > 0 ? "cutRequest" : "reset";
  }

  /** @returns what it came to: of an answer without a body, nothing is left */
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
    // Not a reset, which would take back what the client has not read yet.
    this.#response.destroy();
    return "cutResponse";
  }

  /** Sends the whole request, and gives the answer's head. */
  async #ask(): Promise<IncomingMessage> {
    const sent = this.#open();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    sent.once("response", resolve).on("error", reject);
    // A server may answer before it has read all: its answer counts then, not the broken pipe.
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
      // The server answers to its own name, and checks signatures by the one that was signed.
      headers: { ...onward(headers), host: target.host, "x-forwarded-host": headers.host },
    });
    // A client that has gone away waits for nothing: what it asked for ends, as it would without us.
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

/** The first bytes of a stream, as many as said or one fewer. */
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

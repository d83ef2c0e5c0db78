import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { HandlerContext } from "./context.ts";

// Lambda's contract of streaming handlers, as its runtime for Node.js has it:
// https://github.com/aws/aws-lambda-nodejs-runtime-interface-client, src/utils/globals.ts,
// src/stream/http-response-stream.ts and response-stream.ts, src/runtime/streaming-invoke-processor.ts.

export type StreamingHandler = (
  event: unknown,
  stream: ResponseStream,
  context: HandlerContext,
) => unknown;

/** `streamifyResponse` marks a handler by this property. */
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");

/** The content type of a response that begins with its status and headers. */
export const WITH_PRELUDE = "application/vnd.awslambda.http-integration-response";
/** Between the JSON of status and headers, and the body. */
export const DELIMITER = Buffer.alloc(8);

/** Small enough for one line of the channel. */
const PART_BYTES = 1024 * 1024;

type Done = (error?: Error | null) => void;
type Send = (data: Buffer, contentType: string, done: () => void) => void;

/** The stream that a streaming handler writes its response to. */
export class ResponseStream extends Writable {
  readonly #send: Send;
  #contentType = "application/octet-stream";
  #isWritten = false;
  #prelude: string | undefined;

  constructor(send: Send) {
    super({ decodeStrings: true });
    this.#send = send;
  }

  setContentType(contentType: string): void {
    if (this.#isWritten) throw new Error("Cannot set content-type, too late.");
    this.#contentType = contentType;
  }

  /** `HttpResponseStream.from`. */
  begin(prelude: unknown): this {
    this.setContentType(WITH_PRELUDE);
    this.#prelude = JSON.stringify(prelude);
    return this;
  }

  /**
   * The prelude precedes the first write. `end` does not call this method, not even with data: without
   * a write, of an empty text too, there is no prelude.
   */
  override write(chunk: unknown, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean {
    if (!this.#isWritten) {
      this.#isWritten = true;
      if (this.#prelude !== undefined) {
        super.write(Buffer.concat([Buffer.from(this.#prelude), DELIMITER]));
      }
    }
    return typeof encodingOrDone === "string"
      ? super.write(chunk, encodingOrDone, done)
      : super.write(chunk, encodingOrDone);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done, from = 0): void {
    this.#send(chunk.subarray(from, from + PART_BYTES), this.#contentType, () => {
      if (from + PART_BYTES < chunk.length) this._write(chunk, _encoding, done, from + PART_BYTES);
      else done();
    });
  }
}

/** Defines the global `awslambda`. */
export function setGlobal(): void {
  const awslambda = {
    streamifyResponse: (handler: object) => Object.assign(handler, { [STREAMING]: "response" }),
    HttpResponseStream: {
      from: (stream: ResponseStream, prelude: unknown) => stream.begin(prelude),
    },
  };
  Object.assign(globalThis, { awslambda });
}

export function isStreaming(handler: unknown): handler is StreamingHandler {
  return typeof handler === "function" && Reflect.get(handler, STREAMING) === "response";
}

/** Resolves when the handler has returned and its stream has ended. A stream that is left open times out. */
export async function streamed(
  handler: StreamingHandler,
  event: unknown,
  context: HandlerContext,
  stream: ResponseStream,
): Promise<void> {
  const ended = finished(stream);
  // The handler's own error precedes that of its stream.
  ended.catch(() => undefined);
  await handler(event, stream, context);
  await ended;
}

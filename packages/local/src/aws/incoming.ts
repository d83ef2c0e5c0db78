import { type App, type Request, S3Error } from "./fauxqs.ts";
import { header } from "./target.ts";

/** The largest body, in bytes: 1 GiB. It is in memory once while it is received. */
export const maxBodyBytes = 1024 * 1024 * 1024;

/**
 * Receives every body as bytes. fauxqs has a limit of 11 MiB and parses forms and JSON by content
 * type even when they are objects.
 */
export function acceptBodies(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (request, payload, done) => {
    collect(request, payload, done);
  });
}

type Done = (error: Error | null, body?: Buffer) => void;

function collect(request: Request, payload: NodeJS.ReadableStream, done: Done): void {
  const announced = Number(header(request, "content-length") ?? Number.NaN);
  // One buffer of the announced length takes half the memory of joined chunks.
  let body = Buffer.allocUnsafe(announced <= maxBodyBytes ? announced : 0);
  let length = 0;
  payload.on("data", (chunk: Buffer) => {
    length += chunk.length;
    // An oversized body is read to its end and discarded: a client that is still
    // sending would get a broken pipe instead of the response.
    if (announced > maxBodyBytes || length > maxBodyBytes) return;
    if (length > body.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(length, body.length * 2), maxBodyBytes));
      body.copy(larger, 0, 0, length - chunk.length);
      body = larger;
    }
    chunk.copy(body, length - chunk.length);
  });
  payload.on("end", () => {
    if (length <= maxBodyBytes) done(null, body.subarray(0, length));
    else
      done(
        new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400),
      );
  });
  payload.on("error", (error) => done(error));
}

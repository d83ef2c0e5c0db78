import { type App, type Request, S3Error } from "./fauxqs.ts";
import { header } from "./target.ts";

/** The largest single body, in bytes: 1 GiB. It is held in memory once while it is taken in. */
export const maxBodyBytes = 1024 * 1024 * 1024;

/**
 * Takes every body as bytes. fauxqs ends at 11 MiB, and parses a form or JSON by
 * content type even when it is the body of an object.
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
  // One buffer of the announced length instead of pieces and their join: half the memory.
  let body = Buffer.allocUnsafe(announced <= maxBodyBytes ? announced : 0);
  let length = 0;
  payload.on("data", (chunk: Buffer) => {
    length += chunk.length;
    // Too much is read to its end and thrown away: a client that still sends
    // sees a broken pipe instead of the answer.
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

import { Readable } from "node:stream";
import { InvalidObjectState, isArchived, storageHeaders } from "./archive.ts";
import { checkRead } from "./conditions.ts";
import { type Reply, type Request, S3Error, type S3Object } from "./fauxqs.ts";
import type { Objects } from "./objects.ts";
import { header, type Target } from "./target.ts";

type Span = { start: number; end: number };

// A larger response is streamed in chunks instead of sent as one buffer.
const streamAbove = 1024 * 1024;

/**
 * GET and HEAD of an object. fauxqs loads the whole body for every range, keeps the whole response in
 * memory, and ignores conditions and ranges on HEAD.
 */
export function read(request: Request, reply: Reply, objects: Objects, target: Target): void {
  const object = objects.headObject(target.bucket, target.key);
  const storage = objects.storageOf(target.bucket, target.key);
  // Before the conditions, which apply only if the response would be 2xx (RFC 9110, 13.2.1).
  if (request.method === "GET" && isArchived(storage)) {
    throw new InvalidObjectState(
      "The operation is not valid for the object's storage class",
      storage,
    );
  }
  if (checkRead(request, object) === "not modified") {
    reply.header("etag", object.etag).header("last-modified", object.lastModified.toUTCString());
    reply.status(304).send();
    return;
  }
  const total = object.contentLength;
  const span = spanOf(request, reply, object, target);
  setHeaders(request, reply, object, target);
  for (const [name, value] of Object.entries(storageHeaders(storage))) reply.header(name, value);
  if (span === undefined) setChecksum(request, reply, object);
  const { start, end } = span ?? { start: 0, end: total };
  reply.header("content-length", end - start);
  reply.status(span === undefined ? 200 : 206);
  if (request.method === "HEAD" || end === start) {
    reply.send(end === start && request.method === "GET" ? Buffer.alloc(0) : undefined);
    return;
  }
  const chunks = objects.readBody(target.bucket, target.key, start, end);
  reply.send(
    end - start > streamAbove
      ? Readable.from(chunks, { objectMode: false, highWaterMark: 1 })
      : Buffer.concat([...chunks]),
  );
}

function spanOf(
  request: Request,
  reply: Reply,
  object: S3Object,
  target: Target,
): Span | undefined {
  const total = object.contentLength;
  const partNumber = target.query["partNumber"];
  if (partNumber !== undefined) return partSpan(reply, object, Number(partNumber));
  const range = header(request, "range");
  const match = range === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(range);
  // An invalid range is ignored (RFC 9110, 14.2).
  if (match === null || match[0] === "bytes=-") return undefined;
  const [, first = "", last = ""] = match;
  const start = first === "" ? Math.max(total - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? total : Math.min(Number(last) + 1, total);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start >= end) {
    reply.header("content-range", `bytes */${total}`);
    throw new S3Error("InvalidRange", "The requested range is not satisfiable", 416);
  }
  reply.header("content-range", `bytes ${start}-${end - 1}/${total}`);
  return { start, end };
}

function partSpan(reply: Reply, object: S3Object, partNumber: number): Span {
  const parts = object.parts ?? [{ partNumber: 1, offset: 0, length: object.contentLength }];
  const part = parts.find((one) => one.partNumber === partNumber);
  if (part === undefined) {
    throw new S3Error("InvalidPartNumber", "The requested partnumber is not satisfiable", 416);
  }
  const end = part.offset + part.length;
  if (object.parts !== undefined) reply.header("x-amz-mp-parts-count", object.parts.length);
  if (part.length > 0) {
    reply.header("content-range", `bytes ${part.offset}-${end - 1}/${object.contentLength}`);
  }
  return { start: part.offset, end };
}

function setHeaders(request: Request, reply: Reply, object: S3Object, target: Target): void {
  const fields: Record<string, string | undefined> = {
    "content-type": object.contentType,
    "content-language": object.contentLanguage,
    "content-disposition": object.contentDisposition,
    "cache-control": object.cacheControl,
    "content-encoding": object.contentEncoding,
  };
  for (const [name, stored] of Object.entries(fields)) {
    const value = request.method === "GET" ? (target.query[`response-${name}`] ?? stored) : stored;
    if (value !== undefined) reply.header(name, value);
  }
  for (const [name, value] of Object.entries(object.metadata)) {
    reply.header(`x-amz-meta-${name}`, value);
  }
  reply.header("etag", object.etag).header("last-modified", object.lastModified.toUTCString());
  reply.header("accept-ranges", "bytes");
}

function setChecksum(request: Request, reply: Reply, object: S3Object): void {
  if (header(request, "x-amz-checksum-mode")?.toUpperCase() !== "ENABLED") return;
  if (object.checksumAlgorithm === undefined || object.checksumValue === undefined) return;
  reply.header(`x-amz-checksum-${object.checksumAlgorithm.toLowerCase()}`, object.checksumValue);
  if (object.checksumType !== undefined) reply.header("x-amz-checksum-type", object.checksumType);
}

import { createHash } from "node:crypto";
import type { Segment } from "./bodies.ts";
import {
  computeCompositeChecksum,
  type MultipartPart,
  type MultipartUpload,
  S3Error,
  type S3Object,
} from "./fauxqs.ts";

type Named = { partNumber: number; etag: string };

const minPartBytes = 5 * 1024 * 1024;

/**
 * The object that consists of the named parts, without its body. fauxqs joins all parts in memory;
 * the ETag needs only the MD5s of the parts.
 *
 * @throws S3Error MalformedXML, InvalidPartOrder, InvalidPart, EntityTooSmall (400)
 */
export function completed(
  upload: MultipartUpload,
  named: Named[],
  stored: Map<number, Segment[]>,
): S3Object {
  if (named.length === 0) {
    throw new S3Error("MalformedXML", "You must specify at least one part", 400);
  }
  if (named.some((part, i) => i > 0 && part.partNumber <= (named[i - 1]?.partNumber ?? 0))) {
    throw new S3Error("InvalidPartOrder", "The list of parts was not in ascending order.", 400);
  }
  const parts = named.map((one) => partOf(upload, one));
  const lengths = named.map(({ partNumber }) => bytesOf(stored.get(partNumber) ?? []));
  if (lengths.slice(0, -1).some((length) => length < minPartBytes)) {
    throw new S3Error(
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
      400,
    );
  }
  let offset = 0;
  const boundaries = lengths.map((length, i) => {
    const boundary = { partNumber: named[i]?.partNumber ?? i + 1, offset, length };
    offset += length;
    return boundary;
  });
  const { parts: _, uploadId, bucket, initiated, checksumAlgorithm, ...kept } = upload;
  return {
    ...kept,
    body: Buffer.alloc(0),
    contentLength: offset,
    etag: etagOf(parts),
    lastModified: new Date(),
    parts: boundaries,
    ...checksumOf(upload, parts),
  };
}

function partOf(upload: MultipartUpload, { partNumber, etag }: Named): MultipartPart {
  const part = upload.parts.get(partNumber);
  if (part === undefined || bare(part.etag) !== bare(etag)) {
    throw new S3Error(
      "InvalidPart",
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      400,
    );
  }
  return part;
}

function etagOf(parts: MultipartPart[]): string {
  const digests = Buffer.concat(parts.map((part) => Buffer.from(bare(part.etag), "hex")));
  return `"${createHash("md5").update(digests).digest("hex")}-${parts.length}"`;
}

function checksumOf(upload: MultipartUpload, parts: MultipartPart[]): Partial<S3Object> {
  const algorithm = upload.checksumAlgorithm;
  const values = parts.flatMap((part) => part.checksumValue ?? []);
  if (algorithm === undefined || values.length !== parts.length) return {};
  return {
    checksumAlgorithm: algorithm,
    checksumValue: computeCompositeChecksum(algorithm, values),
    checksumType: "COMPOSITE",
    partChecksums: values,
  };
}

/** The bytes of a part. */
export function bytesOf(segments: Segment[]): number {
  return segments.reduce((sum, [, bytes]) => sum + bytes, 0);
}

function bare(etag: string): string {
  return etag.replaceAll('"', "");
}

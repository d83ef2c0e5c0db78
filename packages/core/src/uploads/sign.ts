import { PutObjectCommand, type S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { NAME_METADATA } from "../store/index.ts";

/**
 * How long what is signed can be used, s. A POST policy and a URL can be used again until then; what
 * they may write is fixed.
 */
export const SIGNED_SECONDS = 900;

/** From so many bytes on an upload has parts, so that a lost connection loses one part only. */
export const MULTIPART_BYTES = 64 * 1024 * 1024;

/** The least that a part but the last has is 5 MiB, and an upload has at most 10,000 parts. */
const PART_BYTES = 8 * 1024 * 1024;
const MAX_PARTS = 10_000;

/** What is to be uploaded, and where to. */
export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  /** The name of the file on the uploader's machine, percent-encoded. */
  readonly name?: string | undefined;
}

/** A form's address, and its fields in order. The file is the field after them. */
export interface SignedForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Signs a form with which a browser uploads one file: this key, this type, and a size in this range.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 *
 * @param bytes the least and the most bytes
 *
 * @example
 * const upload = { bucket: "photos", key: "uploads/alice/01KB.jpg", contentType: "image/jpeg" };
 * const { url, fields } = await signForm(s3, upload, { least: 1, most: 20_000_000 });
 */
export async function signForm(
  s3: S3Client,
  upload: Upload,
  bytes: { readonly least: number; readonly most: number },
): Promise<SignedForm> {
  const { bucket, key, contentType, name } = upload;
  return createPresignedPost(s3, {
    Bucket: bucket,
    Key: key,
    Expires: SIGNED_SECONDS,
    Fields: {
      "Content-Type": contentType,
      success_action_status: "201",
      ...(name !== undefined && { [`x-amz-meta-${NAME_METADATA}`]: name }),
    },
    Conditions: [["content-length-range", bytes.least, bytes.most]],
  });
}

/** An address, and the headers that the request must have. */
export interface SignedPut {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Signs a PUT of exactly these bytes, which can be used once: S3 refuses another length, another hash
 * and a key that exists.
 *
 * @param content its length in bytes, and its SHA-256 in base64
 *
 * @example
 * const upload = { bucket: "photos", key: "uploads/alice/01KB.jpg", contentType: "image/jpeg" };
 * const sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
 * const { url, headers } = await signPut(s3, upload, { bytes: 1_234_567, sha256 });
 */
export async function signPut(
  s3: S3Client,
  { bucket, key, contentType, name }: Upload,
  content: { readonly bytes: number; readonly sha256: string },
): Promise<SignedPut> {
  const named = name !== undefined && { [NAME_METADATA]: name };
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentType: contentType,
    ContentLength: content.bytes,
    ChecksumSHA256: content.sha256,
    IfNoneMatch: "*",
    ...(named && { Metadata: named }),
  });
  const meta = `x-amz-meta-${NAME_METADATA}`;
  // A header that is not signed can be left out; a checksum in the query is not checked.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
  const url = await getSignedUrl(s3, command, {
    expiresIn: SIGNED_SECONDS,
    signableHeaders: new Set(["host", "content-type", "content-length", "if-none-match", meta]),
    unhoistableHeaders: new Set(["x-amz-checksum-sha256", meta]),
  });
  return {
    url,
    headers: {
      "content-type": contentType,
      "if-none-match": "*",
      "x-amz-checksum-sha256": content.sha256,
      ...(name !== undefined && { [meta]: name }),
    },
  };
}

/** A part of an upload: its number from 1, and its bytes. */
export interface Part {
  readonly number: number;
  readonly bytes: number;
}

/**
 * The parts of an upload: all of one size but the last.
 *
 * @example
 * partsOf(20 * 1024 * 1024).map(({ bytes }) => bytes); // [8388608, 8388608, 4194304]
 */
export function partsOf(bytes: number): Part[] {
  const size = partBytes(bytes);
  return Array.from({ length: Math.ceil(bytes / size) }, (_, at) => ({
    number: at + 1,
    bytes: Math.min(size, bytes - at * size),
  }));
}

/**
 * The size of the parts of an upload, bytes.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 *
 * @example
 * partBytes(100_000_000); // 8388608
 */
export function partBytes(bytes: number): number {
  return Math.max(PART_BYTES, Math.ceil(bytes / MAX_PARTS));
}

/**
 * Signs a PUT of one part with exactly its bytes. A part that is sent again replaces itself.
 *
 * @example
 * const [part] = partsOf(100_000_000);
 * const at = { bucket: "photos", key: "uploads/alice/01KB.jpg", uploadId: "…" };
 * const url = part && (await signPart(s3, { ...at, part }));
 */
export async function signPart(
  s3: S3Client,
  { bucket, key, uploadId, part }: { bucket: string; key: string; uploadId: string; part: Part },
): Promise<string> {
  const command = new UploadPartCommand({
    Bucket: bucket,
    Key: key,
    UploadId: uploadId,
    PartNumber: part.number,
    ContentLength: part.bytes,
  });
  return getSignedUrl(s3, command, {
    expiresIn: SIGNED_SECONDS,
    signableHeaders: new Set(["host", "content-length"]),
  });
}

import { Readable } from "node:stream";
import { GetObjectCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { asFailure, statusOf } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import { NAME_METADATA, OWN_MARK } from "./rendition-store.ts";

/** A source at the time when it was opened. */
export interface OpenSource {
  /** With its quotes, as S3 returns it. */
  readonly etag: string;
  readonly bytes: number;
  /** In a storage class that must be restored before it can be read: `body` is empty. */
  readonly archived?: true;
  /** The name of the file that was uploaded, from the metadata of an upload. */
  readonly name?: string;
  /** The fleet wrote the object: a rendition is never a source. */
  readonly own: boolean;
  /** The content. It must be read to its end or destroyed. */
  readonly body: Readable;
}

export type SourceAnswer =
  | { readonly kind: "open"; readonly source: OpenSource }
  | { readonly kind: "unchanged" }
  | { readonly kind: "missing" };

/** Reads sources. Every method throws Failure `StoreUnavailable` or `Throttled`. */
export class SourceStore {
  readonly #s3: S3Client;

  constructor(s3: S3Client) {
    this.#s3 = s3;
  }

  /** @param options.ifNoneMatch an ETag: the answer is `unchanged` while the source has it */
  async open(
    bucket: string,
    key: string,
    options: { ifNoneMatch?: string | undefined; signal: AbortSignal },
  ): Promise<SourceAnswer> {
    try {
      const got = await this.#s3.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, IfNoneMatch: options.ifNoneMatch }),
        { abortSignal: options.signal },
      );
      const { ETag: etag, ContentLength: bytes, Body: body } = got;
      if (etag === undefined || bytes === undefined || !(body instanceof Readable)) {
        throw new Failure(
          "StoreUnavailable",
          `S3 answered without an ETag, a length or a body for s3://${bucket}/${key}`,
        );
      }
      const source = { etag, bytes, ...described(got.Metadata), body };
      return { kind: "open", source };
    } catch (error) {
      const status = statusOf(error);
      if (status === 304) return { kind: "unchanged" };
      if (isMissing(error)) return { kind: "missing" };
      if (isArchived(error)) return this.#archived(bucket, key, options.signal);
      throw asFailure(`read s3://${bucket}/${key}`, error, options.signal);
    }
  }

  /** Opens an archived source by its metadata. */
  async #archived(bucket: string, key: string, signal: AbortSignal): Promise<SourceAnswer> {
    const head = await this.#head(bucket, key, signal);
    if (head === undefined) return { kind: "missing" };
    const { ETag: etag = "", ContentLength: bytes = 0 } = head;
    const body = Readable.from([]);
    const source = { etag, bytes, ...described(head.Metadata), archived: true, body } as const;
    return { kind: "open", source };
  }

  /** The current ETag of the object; undefined if it does not exist. */
  async etag(bucket: string, key: string, signal: AbortSignal): Promise<string | undefined> {
    return (await this.#head(bucket, key, signal))?.ETag;
  }

  /** The current ETag of the source; undefined if there is no object, or if the fleet wrote it. */
  async content(bucket: string, key: string, signal: AbortSignal): Promise<string | undefined> {
    const head = await this.#head(bucket, key, signal);
    return head === undefined || described(head.Metadata).own ? undefined : head.ETag;
  }

  async #head(bucket: string, key: string, signal: AbortSignal) {
    try {
      return await this.#s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), {
        abortSignal: signal,
      });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw asFailure(`look at s3://${bucket}/${key}`, error, signal);
    }
  }
}

/** What a source's metadata tell. */
function described(metadata: Record<string, string> = {}): Pick<OpenSource, "own" | "name"> {
  const name = decodedName(metadata[NAME_METADATA]);
  return { own: metadata[OWN_MARK] !== undefined, ...(name !== undefined && { name }) };
}

/** Undefined for a name that is not encoded as uploads encode it: anybody can write metadata. */
function decodedName(encoded: string | undefined): string | undefined {
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/**
 * Not restored from S3 Glacier or an archive tier of S3 Intelligent-Tiering.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
function isArchived(error: unknown): boolean {
  return error instanceof Error && error.name === "InvalidObjectState";
}

/** A missing key means a deleted source. A missing bucket is an error of the deployment. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof Error) || error.name === "NoSuchBucket") return false;
  return error.name === "NoSuchKey" || error.name === "NotFound" || statusOf(error) === 404;
}

import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import * as v from "valibot";
import { asFailure, statusOf } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import {
  type Manifest,
  manifestSchema,
  TOMBSTONE_TAG,
  type Tombstone,
  tombstoneSchema,
} from "./manifest.ts";

/** The user metadata of every object that the fleet writes: `x-amz-meta-imagefleet`. */
export const OWN_MARK = "imagefleet";

/** The user metadata of an uploaded source: the file's name, percent-encoded. `x-amz-meta-name`. */
export const NAME_METADATA = "name";

/** The user metadata of a rendition that identifies its source, and the content of it. */
const SOURCE_MARK = "imagefleet-source";
const CONTENT_MARK = "imagefleet-source-etag";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MAX_DELETES = 1000;

/** A manifest of 10,000 renditions has half of it. A larger object is not read as a manifest. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

type Source = Pick<Manifest["source"], "bucket" | "key">;

export interface StoredObject {
  readonly key: string;
  /** The source that it was made of, and its ETag if that decides the object's content. */
  readonly source: Source & { readonly etag?: string };
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly fingerprint: string;
  /** The header `x-amz-tagging`: `key=value`. */
  readonly tagging?: string;
}

/** A rendition as its metadata describe it. */
export interface StoredRendition {
  readonly etag: string;
  /** Whether it was made of the source. Undefined if an earlier version of the fleet wrote it. */
  readonly isOfSource: boolean | undefined;
  /** The ETag of the source's content; undefined if an earlier version of the fleet wrote it. */
  readonly sourceEtag: string | undefined;
  readonly fingerprint: string | undefined;
}

/** A rendition as its head describes it. */
export interface SeenRendition extends StoredRendition {
  readonly bytes: number;
  readonly modified: Date | undefined;
}

/** The object at a manifest's key, and its version. Unreadable, it is neither manifest nor tombstone. */
export interface StoredManifest {
  readonly etag: string;
  readonly manifest?: Manifest;
  readonly tombstone?: Tombstone;
}

const storedSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.union([
    v.pipe(
      tombstoneSchema,
      v.transform((tombstone) => ({ tombstone })),
    ),
    v.pipe(
      manifestSchema,
      v.transform((manifest) => ({ manifest })),
    ),
  ]),
);

/**
 * Reads and writes renditions and manifests. Every method throws Failure `StoreUnavailable` or
 * `Throttled`, or the signal's reason: nothing is written for a job whose signal is aborted.
 */
export class RenditionStore {
  readonly #s3: S3Client;
  readonly bucket: string;
  readonly #givenUp = new WeakSet<AbortSignal>();

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.bucket = bucket;
  }

  /** Whether a write with this signal may still take effect, although it failed or was not answered. */
  hasPendingWrite(signal: AbortSignal): boolean {
    return this.#givenUp.has(signal);
  }

  /** Stores a rendition. @returns its ETag */
  async put(object: StoredObject, signal: AbortSignal): Promise<string> {
    try {
      return await this.#put(object, {}, signal);
    } catch (error) {
      throw this.#writeFailure(`write s3://${this.bucket}/${object.key}`, error, signal);
    }
  }

  /**
   * Stores a rendition only over the version that was seen.
   *
   * @param over the ETag of that version; undefined if there was no object
   * @returns its ETag; undefined if there is another version by now
   */
  async putOver(
    object: StoredObject,
    over: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      return await this.#put(object, conditionOf(over), signal);
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw this.#writeFailure(`write s3://${this.bucket}/${object.key}`, error, signal);
    }
  }

  /** What a rendition's head tells; undefined if there is no object. */
  async look(key: string, source: Source, signal: AbortSignal): Promise<SeenRendition | undefined> {
    try {
      const {
        ETag: etag = "",
        ContentLength: bytes = 0,
        LastModified: modified,
        Metadata: metadata = {},
      } = await this.#s3.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }), {
        abortSignal: signal,
      });
      return { etag, bytes, modified, ...described(metadata, source) };
    } catch (error) {
      if (statusOf(error) === 404 && !isNoBucket(error)) return undefined;
      throw asFailure(`look at s3://${this.bucket}/${key}`, error, signal);
    }
  }

  /** Reads a rendition; undefined if there is no object. */
  async read(
    key: string,
    source: Source,
    signal: AbortSignal,
  ): Promise<(StoredRendition & { readonly body: Uint8Array }) | undefined> {
    try {
      const {
        Body: content,
        ETag: etag = "",
        Metadata: metadata = {},
      } = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }), {
        abortSignal: signal,
      });
      const body = (await content?.transformToByteArray()) ?? new Uint8Array();
      return { etag, ...described(metadata, source), body };
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return undefined;
      throw asFailure(`read s3://${this.bucket}/${key}`, error, signal);
    }
  }

  /** Reads a manifest or a tombstone; undefined if there is no object at the key. */
  async manifest(key: string, signal: AbortSignal): Promise<StoredManifest | undefined> {
    try {
      const got = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }), {
        abortSignal: signal,
      });
      if (got.Body instanceof Readable && (got.ContentLength ?? 0) > MAX_MANIFEST_BYTES) {
        got.Body.destroy();
        return { etag: got.ETag ?? "" };
      }
      const text = (await got.Body?.transformToString()) ?? "";
      const parsed = v.safeParse(storedSchema, text);
      return { etag: got.ETag ?? "", ...(parsed.success && parsed.output) };
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return undefined;
      throw asFailure(`read s3://${this.bucket}/${key}`, error, signal);
    }
  }

  /**
   * Commits a job: replaces the version that the job has read. A manifest is not cached, so that a
   * front end always gets the current one.
   *
   * @param over the ETag of the version to replace; undefined if there was none
   * @returns the new ETag; undefined if there is another version by now
   */
  async putManifest(
    key: string,
    manifest: Manifest | Tombstone,
    over: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const isTombstone = "removed" in manifest;
    const object = {
      key,
      source: manifest.source,
      body: Buffer.from(JSON.stringify(manifest)),
      contentType: "application/json",
      cacheControl: "no-cache",
      fingerprint: isTombstone ? TOMBSTONE_TAG.value : manifest.recipe,
      ...(isTombstone && { tagging: `${TOMBSTONE_TAG.key}=${TOMBSTONE_TAG.value}` }),
    };
    try {
      return await this.#put(object, conditionOf(over), signal);
    } catch (error) {
      if (!isConflict(error)) {
        throw this.#writeFailure(`write s3://${this.bucket}/${key}`, error, signal);
      }
    }
    // After a lost answer the SDK retries: the conflict is then with the job's own manifest.
    const stored = await this.manifest(key, signal);
    const revision = (stored?.manifest ?? stored?.tombstone)?.revision;
    return revision === manifest.revision ? stored?.etag : undefined;
  }

  /**
   * Removes a tombstone, unless it was replaced meanwhile.
   *
   * @returns false if there is another object or none
   */
  async removeTombstone(key: string, signal: AbortSignal): Promise<boolean> {
    const stored = await this.manifest(key, signal);
    if (!stored?.tombstone) return false;
    try {
      await this.#s3.send(
        new DeleteObjectCommand({ Bucket: this.bucket, Key: key, IfMatch: stored.etag }),
        { abortSignal: signal },
      );
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw this.#writeFailure(`remove s3://${this.bucket}/${key}`, error, signal);
    }
  }

  async #put(
    object: StoredObject,
    condition: { IfMatch?: string; IfNoneMatch?: string },
    signal: AbortSignal,
  ): Promise<string> {
    // docs/protocol.md, rule 5: no write after the end of the lease. test/model finds it missing.
    signal.throwIfAborted();
    const { ETag } = await this.#s3.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: object.key,
        Body: object.body,
        ContentType: object.contentType,
        CacheControl: object.cacheControl,
        Metadata: {
          [OWN_MARK]: object.fingerprint,
          [SOURCE_MARK]: sourceMark(object.source),
          ...(object.source.etag !== undefined && { [CONTENT_MARK]: object.source.etag }),
        },
        Tagging: object.tagging,
        ...condition,
      }),
      { abortSignal: signal },
    );
    return ETag ?? "";
  }

  /** Removes objects. A missing key is not an error. */
  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (let from = 0; from < keys.length; from += MAX_DELETES) {
      await this.#removeSome(keys.slice(from, from + MAX_DELETES), signal);
    }
  }

  async #removeSome(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const what = `remove ${keys.length} objects of s3://${this.bucket}`;
    try {
      signal.throwIfAborted();
      const { Errors: errors = [] } = await this.#s3.send(
        new DeleteObjectsCommand({
          Bucket: this.bucket,
          Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
        }),
        { abortSignal: signal },
      );
      const first = errors[0];
      if (first) {
        throw new Failure("StoreUnavailable", `could not ${what}: ${first.Code} ${first.Key}`);
      }
    } catch (error) {
      throw this.#writeFailure(what, error, signal);
    }
  }

  /**
   * Records a write that may still take effect. A write that S3 refused (4xx) does not. After a 5xx or
   * no answer, S3 guarantees neither that it did nor that it did not. An object that failed in a
   * multi-object delete has a code and no status: it counts as one that may take effect, and its job
   * waits longer than it must.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
   */
  #writeFailure(what: string, error: unknown, signal: AbortSignal): Error {
    // The reason of an aborted signal: the write was not sent.
    const isRefused = (statusOf(error) ?? 500) < 500 || error === signal.reason;
    if (!isRefused) this.#givenUp.add(signal);
    return asFailure(what, error, signal);
  }
}

/** A hash: a key may have 1,024 bytes of any characters, all metadata together 2 KB of US-ASCII. */
function sourceMark({ bucket, key }: Source): string {
  return createHash("sha256").update(`${bucket}/${key}`).digest("hex").slice(0, 32);
}

function described(
  metadata: Record<string, string>,
  source: Source,
): Omit<StoredRendition, "etag"> {
  const mark = metadata[SOURCE_MARK];
  const isUnmarked = metadata[OWN_MARK] === undefined ? false : undefined;
  return {
    isOfSource: mark === undefined ? isUnmarked : mark === sourceMark(source),
    sourceEtag: metadata[CONTENT_MARK],
    fingerprint: metadata[OWN_MARK],
  };
}

function conditionOf(over: string | undefined) {
  return over === undefined ? { IfNoneMatch: "*" } : { IfMatch: over };
}

/** 412: another version; 404: no object any more; 409: a concurrent write. */
function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409 || (status === 404 && !isNoBucket(error));
}

/** A missing bucket is an error of the deployment. */
function isNoBucket(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchBucket";
}

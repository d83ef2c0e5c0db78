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

/** The user metadata of everything that this fleet writes: `x-amz-meta-imagefleet`. */
export const OWN_MARK = "imagefleet";

/** The user metadata by which a rendition says which source it was made of. */
const SOURCE_MARK = "imagefleet-source";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MAX_DELETES = 1000;

/** A manifest of 10,000 renditions has half of it: what has more is none, and is not read. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

type Source = Pick<Manifest["source"], "bucket" | "key">;

export interface StoredObject {
  readonly key: string;
  /** What it was made of. */
  readonly source: Source;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly fingerprint: string;
  /** As the header `x-amz-tagging` has it: `key=value`. */
  readonly tagging?: string;
}

/** What stands at a manifest's key, and its version: neither, when it cannot be read as one. */
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
 * `Throttled`, and the signal's reason: nothing is written for a job whose signal is aborted.
 */
export class RenditionStore {
  readonly #s3: S3Client;
  readonly bucket: string;
  readonly #givenUp = new WeakSet<AbortSignal>();

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.bucket = bucket;
  }

  /** May a write for the job with this signal take effect though it was answered by an error, or not? */
  mayStillLand(signal: AbortSignal): boolean {
    return this.#givenUp.has(signal);
  }

  /** Stores a rendition and gives its ETag. */
  async put(object: StoredObject, signal: AbortSignal): Promise<string> {
    try {
      return await this.#put(object, {}, signal);
    } catch (error) {
      throw this.#writeFailure(`write s3://${this.bucket}/${object.key}`, error, signal);
    }
  }

  /**
   * Was the object made of that source? Undefined where it does not say so: there is none, or this
   * fleet wrote it before its objects said of which source they are.
   */
  async isOf(key: string, source: Source, signal: AbortSignal): Promise<boolean | undefined> {
    try {
      const { Metadata: said = {} } = await this.#s3.send(
        new HeadObjectCommand({ Bucket: this.bucket, Key: key }),
        { abortSignal: signal },
      );
      const mark = said[SOURCE_MARK];
      if (mark !== undefined) return mark === sourceMark(source);
      return said[OWN_MARK] === undefined ? false : undefined;
    } catch (error) {
      if (statusOf(error) === 404 && !isNoBucket(error)) return undefined;
      throw asFailure(`look at s3://${this.bucket}/${key}`, error, signal);
    }
  }

  /** What stands at a manifest's key, a tombstone too; undefined when nothing does. */
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
   * Commits a job, over the version that it knows and no other. Never cached: a front end that asks
   * must see what is there now.
   *
   * @param over the ETag of the manifest that this one replaces; undefined: there was none
   * @returns its ETag; undefined when another version stands there by now
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
      const condition = over === undefined ? { IfNoneMatch: "*" } : { IfMatch: over };
      return await this.#put(object, condition, signal);
    } catch (error) {
      if (!isConflict(error)) {
        throw this.#writeFailure(`write s3://${this.bucket}/${key}`, error, signal);
      }
    }
    // The SDK tries again where an answer was lost: then it is our own that stands in the way.
    const stored = await this.manifest(key, signal);
    const revision = (stored?.manifest ?? stored?.tombstone)?.revision;
    return revision === manifest.revision ? stored?.etag : undefined;
  }

  /**
   * Removes a tombstone, and nothing that has replaced it meanwhile.
   *
   * @returns false when something else stands there, or nothing
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
    signal.throwIfAborted();
    const { ETag } = await this.#s3.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: object.key,
        Body: object.body,
        ContentType: object.contentType,
        CacheControl: object.cacheControl,
        Metadata: { [OWN_MARK]: object.fingerprint, [SOURCE_MARK]: sourceMark(object.source) },
        Tagging: object.tagging,
        ...condition,
      }),
      { abortSignal: signal },
    );
    return ETag ?? "";
  }

  /** Removes objects; a key that is not there is no error. */
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
   * What S3 refused (4xx) it will not do. Of a write without an answer, or with an answer of 5xx, S3
   * promises neither that it was done nor that it was not. An object that the answer to a removal
   * names as failed has a code and no status, whether it was refused or not: it counts as one of
   * these, and its job waits a little longer than it must.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
   */
  #writeFailure(what: string, error: unknown, signal: AbortSignal): Error {
    // An aborted signal's own reason: the write was not sent at all.
    const isRefused = (statusOf(error) ?? 500) < 500 || error === signal.reason;
    if (!isRefused) this.#givenUp.add(signal);
    return asFailure(what, error, signal);
  }
}

/** A key may be 1,024 bytes of any characters, metadata 2 KB of US-ASCII in all. */
function sourceMark({ bucket, key }: Source): string {
  return createHash("sha256").update(`${bucket}/${key}`).digest("hex").slice(0, 32);
}

/** 412: another version; 404: none any more; 409: another write at the same time. */
function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409 || (status === 404 && !isNoBucket(error));
}

/** A bucket that is missing is a fault of the deployment. */
function isNoBucket(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchBucket";
}

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import * as v from "valibot";
import { asFailure } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import { type Manifest, manifestSchema } from "./manifest.ts";

/** The user metadata of everything that this fleet writes: `x-amz-meta-imagefleet`. */
export const OWN_MARK = "imagefleet";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const MAX_DELETES = 1000;

export interface StoredObject {
  readonly key: string;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly fingerprint: string;
}

/** Reads and writes renditions and manifests. Every method throws Failure `StoreUnavailable` or `Throttled`. */
export class RenditionStore {
  readonly #s3: S3Client;
  readonly bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.bucket = bucket;
  }

  /** Stores a rendition and gives its ETag. */
  async put(object: StoredObject, signal: AbortSignal): Promise<string> {
    try {
      const { ETag } = await this.#s3.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: object.key,
          Body: object.body,
          ContentType: object.contentType,
          CacheControl: object.cacheControl,
          Metadata: { [OWN_MARK]: object.fingerprint },
        }),
        { abortSignal: signal },
      );
      return ETag ?? "";
    } catch (error) {
      throw asFailure(`write s3://${this.bucket}/${object.key}`, error, signal);
    }
  }

  /** The manifest at a key; undefined when there is none, or none that can be read as one. */
  async manifest(key: string, signal: AbortSignal): Promise<Manifest | undefined> {
    try {
      const got = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }), {
        abortSignal: signal,
      });
      const text = (await got.Body?.transformToString()) ?? "";
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), manifestSchema), text);
      return parsed.success ? parsed.output : undefined;
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return undefined;
      throw asFailure(`read s3://${this.bucket}/${key}`, error, signal);
    }
  }

  /** Commits a job. Never cached: a front end that asks must see what is there now. */
  async putManifest(key: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
    await this.put(
      {
        key,
        body: Buffer.from(JSON.stringify(manifest)),
        contentType: "application/json",
        cacheControl: "no-cache",
        fingerprint: manifest.recipe,
      },
      signal,
    );
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
      const { Errors: errors = [] } = await this.#s3.send(
        new DeleteObjectsCommand({
          Bucket: this.bucket,
          Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
        }),
        { abortSignal: signal },
      );
      const first = errors[0];
      if (first)
        throw new Failure("StoreUnavailable", `could not ${what}: ${first.Code} ${first.Key}`);
    } catch (error) {
      throw asFailure(what, error, signal);
    }
  }
}

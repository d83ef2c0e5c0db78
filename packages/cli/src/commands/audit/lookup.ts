import { HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { asFailure, statusOf } from "@imagefleet/core/aws";
import { manifestKey, sourceOfOutput } from "@imagefleet/core/plan";
import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import {
  type ListedObject,
  type Manifest,
  OWN_MARK,
  RenditionStore,
  TOMBSTONE_MS,
  TOMBSTONE_TAG,
} from "@imagefleet/core/store";
import type { Finding } from "./finding.ts";

/** The present state of an object. */
interface Head {
  readonly etag: string;
  readonly own: boolean;
  readonly isTombstone: boolean;
  /** ms since the epoch */
  readonly modified: number;
}

/** Reads what a listing does not contain, object by object. Every method throws Failure. */
export class Lookup {
  readonly #s3: S3Client;
  readonly #sourceBucket: string;
  readonly #renditions: RenditionStore;
  readonly #recipe: Recipe;
  readonly #never = new AbortController().signal;
  /** Requests so far. */
  requests = 0;

  constructor(input: {
    readonly s3: S3Client;
    readonly sourceBucket: string;
    readonly renditionBucket: string;
    readonly recipe: Recipe;
  }) {
    this.#s3 = input.s3;
    this.#sourceBucket = input.sourceBucket;
    this.#renditions = new RenditionStore(input.s3, input.renditionBucket);
    this.#recipe = input.recipe;
  }

  /** The manifest of a source; undefined when none can be read. */
  async manifest(source: string): Promise<Manifest | undefined> {
    this.requests++;
    const key = manifestKey(this.#recipe, source);
    return (await this.#renditions.manifest(key, this.#never))?.manifest;
  }

  /**
   * The keys of renditions that were made on request of another content, or by another preset, than
   * their manifest is of.
   *
   * @param found the existing objects
   */
  async wronglyMade(
    { onRequest = [], source }: Manifest,
    found: ReadonlyMap<string, unknown>,
  ): Promise<string[]> {
    const wrong: string[] = [];
    for (const { key, fingerprint } of onRequest) {
      if (!found.has(key)) continue;
      this.requests++;
      const made = await this.#renditions.look(key, source, this.#never);
      // The fleet has removed it since the listing.
      if (made === undefined) continue;
      const isRight = made.sourceEtag === source.etag && made.fingerprint === fingerprint;
      if (!made.isOfSource || !isRight) wrong.push(key);
    }
    return wrong;
  }

  /** The present state of a rendition. */
  async rendition(key: string): Promise<Head | undefined> {
    return this.#head(this.#renditions.bucket, key);
  }

  /** The finding for an object that belongs to no listed source, if any. */
  async unexpected({ key }: Pick<ListedObject, "key">): Promise<Finding | undefined> {
    const head = await this.rendition(key);
    // The fleet has removed it since the listing.
    if (head === undefined) return undefined;
    if (head.isTombstone) {
      const isOver = head.modified < Date.now() - TOMBSTONE_MS;
      return isOver ? { kind: "tombstone", key } : undefined;
    }
    if (!head.own) return { kind: "foreign", key, why: "this fleet did not write it" };
    const source = sourceOfOutput(this.#recipe, key);
    if (source === undefined) return { kind: "orphan", key, source: null };
    if ((await this.#head(this.#sourceBucket, source)) !== undefined) {
      const outside = whyNotASource(this.#recipe, source);
      // The source was uploaded after its part of the listing was read: the next audit finds it.
      return outside === undefined
        ? undefined
        : { kind: "foreign", key, why: `its source exists, but ${outside}` };
    }
    const manifest = await this.manifest(source);
    const bucket = manifest?.source.bucket ?? this.#sourceBucket;
    return bucket === this.#sourceBucket
      ? { kind: "orphan", key, source }
      : { kind: "foreign", key, why: `its source is in the bucket ${bucket}` };
  }

  async #head(bucket: string, key: string): Promise<Head | undefined> {
    this.requests++;
    try {
      const head = await this.#s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      const mark = head.Metadata?.[OWN_MARK];
      return {
        etag: head.ETag ?? "",
        own: mark !== undefined,
        isTombstone: mark === TOMBSTONE_TAG.value,
        modified: head.LastModified?.getTime() ?? Date.now(),
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw asFailure(`look at s3://${bucket}/${key}`, error);
    }
  }
}

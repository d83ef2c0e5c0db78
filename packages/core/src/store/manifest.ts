import * as v from "valibot";
import { REJECTED_REASONS } from "../outcome/index.ts";
import { OUTPUT_FORMATS } from "../recipe/recipe.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const renditionSchema = v.object({
  preset: v.string(),
  key: v.string(),
  width: count,
  height: count,
  format: v.picklist(OUTPUT_FORMATS),
  bytes: count,
  /** What its preset asks for, where that is more than the format can hold. */
  boundedFrom: v.optional(v.object({ width: count, height: count })),
  /** Of a rendition of the source's own size: what it saves of the source's bytes, in percent. */
  savedPercent: v.optional(v.number()),
  etag: v.string(),
  fingerprint: v.string(),
});

/** One candidate of a `srcset`; sizes in px. */
const candidateSchema = v.object({
  key: v.string(),
  width: count,
  height: count,
  type: v.string(),
});

/**
 * Grows with every writing at this key, across tombstones and their expiry: whoever reads two
 * versions knows the later one. At least one more than the version replaced, and at least the ms
 * since the epoch, for a tombstone that has expired leaves no number behind.
 */
const seq = count;

/** The form of a manifest; sizes in px and bytes. */
export const manifestSchema = v.object({
  version: v.literal(1),
  /** Of this writing alone: no two manifests have the same ETag, whatever they say. */
  revision: v.string(),
  seq,
  source: v.object({
    bucket: v.string(),
    key: v.string(),
    etag: v.string(),
    bytes: count,
    /** Absent when the source was rejected before its header could be read. */
    format: v.optional(v.string()),
    width: v.optional(count),
    height: v.optional(count),
  }),
  /** The fingerprint of the recipe that this source was last held against. */
  recipe: v.string(),
  /** Why there are no renditions, and the fingerprint of all that may have decided so. */
  rejected: v.optional(
    v.object({ reason: v.picklist(REJECTED_REASONS), message: v.string(), by: v.string() }),
  ),
  /** Why the source is damaged, of which the renditions show what there is. */
  damaged: v.optional(v.object({ message: v.string() })),
  /** What a page shows until the picture is there: a thumbhash in base64, and `#rrggbb`. */
  placeholder: v.optional(v.object({ thumbhash: v.string(), color: v.string() })),
  /**
   * By preset, what a `<picture>` needs: the recipe's first format first, each from the narrowest.
   */
  srcset: v.optional(v.record(v.string(), v.array(candidateSchema))),
  /** What was written, in the recipe's order. */
  renditions: v.array(renditionSchema),
  /**
   * Keys of earlier renditions that are being removed: written before they are, so that a crash
   * between the two leaves them known, and again without them once they are gone.
   */
  stale: v.array(v.string()),
  at: v.string(),
});

/** Written last, it lists a source's renditions: the commit point of a job. */
export type Manifest = v.InferOutput<typeof manifestSchema>;
export type ManifestPlaceholder = NonNullable<Manifest["placeholder"]>;
export type ManifestRendition = v.InferOutput<typeof renditionSchema>;

/**
 * What stands at a manifest's key once its source is gone and its renditions were removed. It makes
 * a commit fail that was prepared before the removal: absence could not, for a commit over absence
 * cannot tell that something stood there in between. It expires when no such commit can be under
 * way any more.
 */
export const tombstoneSchema = v.object({
  version: v.literal(1),
  revision: v.string(),
  seq,
  removed: v.literal(true),
  source: v.object({ bucket: v.string(), key: v.string() }),
  at: v.string(),
});

export type Tombstone = v.InferOutput<typeof tombstoneSchema>;

/** Tombstones are tagged with it when they are put: a lifecycle rule expires what has this tag. */
export const TOMBSTONE_TAG = { key: "imagefleet", value: "tombstone" } as const;

/**
 * How long a tombstone must stay, ms. It must outlive every attempt that may have found no manifest
 * before it: SQS hides a message for at most 12 hours.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 * A lifecycle rule counts whole days, so two of them leave more than a day of reserve.
 */
export const TOMBSTONE_MS = 2 * 24 * 60 * 60 * 1000;

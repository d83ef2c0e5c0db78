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
  /** The size that its preset asks for, if the format cannot have it. */
  boundedFrom: v.optional(v.object({ width: count, height: count })),
  /** Of a rendition in the source's own size: how much smaller it is than the source, percent. */
  savedPercent: v.optional(v.number()),
  etag: v.string(),
  fingerprint: v.string(),
});

/** A rendition that is made when it is first requested. It may be stored, and need not be. */
const onRequestSchema = v.object({
  preset: v.string(),
  key: v.string(),
  width: count,
  height: count,
  format: v.picklist(OUTPUT_FORMATS),
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
 * Grows with every version at this key, across tombstones and their expiry, so that a reader of two
 * versions knows the later one. It is at least one more than that of the replaced version, and at
 * least the ms since the epoch, because an expired tombstone leaves no number.
 */
const seq = count;

/**
 * The `seq` of the version in which this state first appeared: this content of the source, its
 * rejection, or its absence. A reprocess does not change it, so it identifies the
 * application's notification. Absent: the version is older than this field, and its own `seq` counts.
 */
const since = v.optional(count);

/** The schema of a manifest. Sizes are in px and bytes. */
export const manifestSchema = v.object({
  version: v.literal(1),
  /** Unique to this version, so that no two versions have the same ETag. */
  revision: v.string(),
  seq,
  since,
  source: v.object({
    bucket: v.string(),
    key: v.string(),
    etag: v.string(),
    bytes: count,
    /** Absent when the source was rejected before its header could be read. */
    format: v.optional(v.string()),
    width: v.optional(count),
    height: v.optional(count),
    /** The file's name on the uploader's machine, from the source's metadata. */
    name: v.optional(v.string()),
  }),
  /** The fingerprint of the recipe by which the source was last reconciled. */
  recipe: v.string(),
  /** Why there are no renditions; `by` is a fingerprint of everything that may have decided it. */
  rejected: v.optional(
    v.object({ reason: v.picklist(REJECTED_REASONS), message: v.string(), by: v.string() }),
  ),
  /** Why the source is damaged, if it was rendered nevertheless. */
  damaged: v.optional(v.object({ message: v.string() })),
  /** What a page shows until the image has loaded: a thumbhash in base64, and `#rrggbb`. */
  placeholder: v.optional(v.object({ thumbhash: v.string(), color: v.string() })),
  /**
   * By preset, the candidates for a `<picture>`: formats in the recipe's order, widths ascending. They
   * include those that are made on request.
   */
  srcset: v.optional(v.record(v.string(), v.array(candidateSchema))),
  /** The renditions that were made, in the recipe's order. */
  renditions: v.array(renditionSchema),
  /** The renditions that are made on request, in the recipe's order. Absent: none. */
  onRequest: v.optional(v.array(onRequestSchema)),
  /**
   * The keys of earlier renditions that are being removed. They are written before the removal, so
   * that they are known after a crash, and left out after it.
   */
  stale: v.array(v.string()),
  at: v.string(),
});

/** Lists a source's renditions. It is written last: it is the commit of a job. */
export type Manifest = v.InferOutput<typeof manifestSchema>;
export type ManifestPlaceholder = NonNullable<Manifest["placeholder"]>;
export type ManifestRendition = v.InferOutput<typeof renditionSchema>;
export type ManifestOnRequest = v.InferOutput<typeof onRequestSchema>;

/**
 * Replaces the manifest of a deleted source after its renditions were removed. It makes a commit fail
 * that was prepared before the removal: if there were no object, a commit that expects none would
 * succeed. It expires when no such commit can be in progress any more.
 */
export const tombstoneSchema = v.object({
  version: v.literal(1),
  revision: v.string(),
  seq,
  since,
  removed: v.literal(true),
  source: v.object({ bucket: v.string(), key: v.string() }),
  at: v.string(),
});

export type Tombstone = v.InferOutput<typeof tombstoneSchema>;

/** The tag of tombstones: a lifecycle rule expires objects that have it. */
export const TOMBSTONE_TAG = { key: "imagefleet", value: "tombstone" } as const;

/**
 * How long a tombstone must exist, ms: longer than any attempt that found no manifest before it. SQS
 * hides a message for at most 12 hours.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 * A lifecycle rule counts whole days, so two days leave more than a day of margin.
 */
export const TOMBSTONE_MS = 2 * 24 * 60 * 60 * 1000;

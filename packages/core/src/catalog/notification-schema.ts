import * as v from "valibot";
import { OUTPUT_FORMATS, WHENS } from "../recipe/recipe.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A rendition in an item; width and height in px. */
export const imageRenditionSchema = v.object({
  preset: v.string(),
  key: v.string(),
  width: count,
  height: count,
  format: v.picklist(OUTPUT_FORMATS),
  when: v.picklist(WHENS),
  /** Unknown of a rendition that is made on request. */
  bytes: v.optional(count),
  savedPercent: v.optional(v.number()),
});

/** A rendition as applications see it. */
const addressedRenditionSchema = v.object({
  ...imageRenditionSchema.entries,
  /** Absent where the fleet does not know where its renditions are delivered. */
  url: v.optional(v.string()),
});

export const placeholderSchema = v.object({ thumbhash: v.string(), color: v.string() });

/** The types of notifications, by the status of the image. */
export const NOTIFICATION_TYPES = {
  ready: "image.ready",
  rejected: "image.rejected",
  failed: "image.failed",
  removed: "image.removed",
} as const;

/**
 * The schema of a notification: the message of SNS, and the `detail` of EventBridge. Fields may be
 * added to version 1; a receiver ignores those that it does not know.
 */
export const notificationSchema = v.object({
  version: v.literal(1),
  /** The same for every copy of one change: a receiver keeps it to find duplicates. */
  id: v.string(),
  type: v.picklist(Object.values(NOTIFICATION_TYPES)),
  /** When the fleet committed the change or gave up. */
  at: v.pipe(v.string(), v.isoTimestamp()),
  bucket: v.string(),
  key: v.string(),
  /** The user and the id in the key of an upload. */
  user: v.optional(v.string()),
  uploadId: v.optional(v.string()),
  /** Grows with every change of an image: of two notifications, the larger is the later. */
  seq: v.optional(count),
  /** Of `image.ready`: whether it is the first time. */
  first: v.optional(v.boolean()),
  name: v.optional(v.string()),
  /** The content; sizes in bytes and px. */
  source: v.optional(
    v.object({
      etag: v.string(),
      bytes: v.optional(count),
      width: v.optional(count),
      height: v.optional(count),
      format: v.optional(v.string()),
    }),
  ),
  /** Why it was rejected or has failed, and the same for a person. */
  reason: v.optional(v.string()),
  message: v.optional(v.string()),
  placeholder: v.optional(placeholderSchema),
  /** Absent where the message would be too large: the manifest has them. */
  renditions: v.optional(v.array(addressedRenditionSchema)),
  manifestKey: v.optional(v.string()),
});

/** What an application learns of an image. */
export type Notification = v.InferOutput<typeof notificationSchema>;

import { createHash } from "node:crypto";
import type { Manifest, Tombstone } from "../store/index.ts";
import { addressed, type CommittedItem, type ImageItem } from "./item.ts";
import { NOTIFICATION_TYPES, type Notification } from "./notification-schema.ts";

/**
 * SNS and EventBridge take 256 KB with all that is around the message.
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
 */
const MAX_BYTES = 200_000;

/** An item whose state has a notification: an upload that is awaited has none. */
export type NotifiedItem = ImageItem & { readonly status: keyof typeof NOTIFICATION_TYPES };

/** A change to a status of an image, and what identifies it. */
export interface Change {
  readonly bucket: string;
  readonly key: string;
  readonly status: keyof typeof NOTIFICATION_TYPES;
  /** The same after a crash and in a reprocess: of a manifest, its `since`. */
  readonly change: string;
}

/** 128 bits: no two changes share an id, and an item keeps it. */
const ID_LENGTH = 32;

/** The id of a change's notifications. */
export function notificationId({ status, bucket, key, change }: Change): string {
  const hash = createHash("sha256").update([status, bucket, key, change].join("\n"));
  return hash.digest("hex").slice(0, ID_LENGTH);
}

/**
 * The id of the notifications that a manifest or a tombstone leads to.
 *
 * @param returns how often its content returned after another one had failed
 *
 * @example
 * const names = { recipe, uploads: uploadKeys(UPLOAD_KEY, "") };
 * committedId(itemOf(manifest, names), manifest); // 32 hexadecimal digits
 */
export function committedId(
  { status }: CommittedItem,
  version: Manifest | Tombstone,
  returns?: number,
): string {
  const { bucket, key } = version.source;
  return notificationId({ status, bucket, key, change: changeOf(version, returns) });
}

/** A content, and how often it returned. */
export function changeOf(version: Manifest | Tombstone, returns?: number): string {
  const since = version.since ?? version.seq;
  return returns === undefined ? `${since}` : `${since} again ${returns}`;
}

/**
 * The notification about an image's state.
 *
 * @param item with its new state
 * @param change `before`: the item that it replaces; `imagesUrl`: where renditions are delivered
 */
export function notificationOf(
  bucket: string,
  item: NotifiedItem,
  change: {
    readonly id: string;
    readonly at: string;
    readonly before: ImageItem | undefined;
    readonly manifestKey: string;
    readonly imagesUrl: string | undefined;
  },
): Notification {
  const type = NOTIFICATION_TYPES[item.status];
  const { key, user, id: uploadId, seq, name, etag, width, height, format } = item;
  const { reason, message, placeholder, bytesIn: bytes } = item;
  const { id, at, before, manifestKey, imagesUrl } = change;
  const renditions = addressed(item, imagesUrl);
  const notification: Notification = {
    version: 1,
    id,
    type,
    at,
    bucket,
    key,
    ...(user !== undefined && { user, uploadId }),
    ...(seq !== undefined && { seq }),
    ...(type === "image.ready" && { first: before?.wasReady !== true }),
    ...(name !== undefined && { name }),
    ...(etag !== undefined && { source: { etag, bytes, width, height, format } }),
    ...(reason !== undefined && { reason, message }),
    ...(placeholder && { placeholder }),
    ...(renditions && { renditions }),
    ...(etag !== undefined && { manifestKey }),
  };
  const { renditions: _left, ...small } = notification;
  return Buffer.byteLength(JSON.stringify(notification)) > MAX_BYTES ? small : notification;
}

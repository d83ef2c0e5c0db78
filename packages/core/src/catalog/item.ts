import * as v from "valibot";
import { addressPath, manifestKey } from "../plan/index.ts";
import type { Recipe } from "../recipe/index.ts";
import { srcsetOf } from "../reconcile/index.ts";
import type { Manifest, Tombstone } from "../store/index.ts";
import { requestedAt, type UploadKeys } from "../uploads/index.ts";
import { imageRenditionSchema, placeholderSchema } from "./notification-schema.ts";

/** The states of an image. */
export const IMAGE_STATUSES = ["awaiting", "ready", "rejected", "failed", "removed"] as const;
export type ImageStatus = (typeof IMAGE_STATUSES)[number];

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * A rendition in an item. Its address follows from the key, and is left out: a write of an item costs by
 * its size.
 */
export type ImageRendition = v.InferOutput<typeof imageRenditionSchema>;

/** The item of an image. Everything but the last five fields follows from its manifest. */
export const imageSchema = v.object({
  /** The source's key, which the table has in its partition key. */
  key: v.string(),
  /** The user and the ULID of an upload; absent for an image that came otherwise. */
  user: v.optional(v.string()),
  id: v.optional(v.string()),
  status: v.picklist(IMAGE_STATUSES),
  /** That of its manifest or tombstone; absent without either. */
  seq: v.optional(count),
  /** The file's name on the uploader's machine. */
  name: v.optional(v.string()),
  etag: v.optional(v.string()),
  /** px */
  width: v.optional(count),
  height: v.optional(count),
  format: v.optional(v.string()),
  placeholder: v.optional(placeholderSchema),
  /** Absent where the item would be too large: the manifest has them. */
  renditions: v.optional(v.array(imageRenditionSchema)),
  bytesIn: v.optional(count),
  /** Of all renditions that were made at the upload. */
  bytesOut: v.optional(count),
  /** How many percent smaller the smallest rendition in the source's own size is. */
  savedPercent: v.optional(v.number()),
  committedAt: v.optional(v.string()),
  /** Why it was rejected or has failed, and the same for a person. */
  reason: v.optional(v.string()),
  message: v.optional(v.string()),
  /** When it is removed from the table, seconds since the epoch. */
  expiresAt: v.optional(count),
  /**
   * The upload of S3 in parts, the bytes that were declared, and whether it was to be completed: S3 may
   * have done so, and the answer may have been lost.
   */
  multipart: v.optional(
    v.object({ uploadId: v.string(), bytes: count, completing: v.optional(v.boolean()) }),
  ),
  /** The id of the last notification; absent where it is not known whether there was one. */
  notified: v.optional(v.string()),
  /** Whether there was a notification that it is ready. */
  wasReady: v.optional(v.boolean()),
  /** How often the content of the manifest returned after another one had failed. */
  returns: v.optional(count),
  /** The time, ISO 8601, of the last notification, which may not have been published. */
  telling: v.optional(v.string()),
});
export type ImageItem = v.InferOutput<typeof imageSchema>;

/** DynamoDB's limit is 400 KB. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const MAX_ITEM_BYTES = 300_000;

/** How long a removed image stays in the table, so that an application can still find out, s. */
export const REMOVED_SECONDS = 30 * 24 * 60 * 60;

/** What the items of a fleet are made with. */
export interface CatalogNames {
  readonly recipe: Recipe;
  readonly uploads: UploadKeys;
}

/** An item as a manifest or a tombstone says it. */
export type CommittedItem = ImageItem & { readonly status: "ready" | "rejected" | "removed" };

/**
 * The item of an image by its manifest or its tombstone.
 *
 * @example
 * const uploads = uploadKeys(UPLOAD_KEY, recipe.source.prefix);
 * itemOf(manifest, { recipe, uploads }).status; // "ready"
 */
export function itemOf(version: Manifest | Tombstone, names: CatalogNames): CommittedItem {
  const { key } = version.source;
  const common = { ...identity(key, names), seq: version.seq, committedAt: version.at };
  if ("removed" in version) {
    return {
      ...common,
      status: "removed",
      expiresAt: Math.ceil(Date.parse(version.at) / 1000) + REMOVED_SECONDS,
    };
  }
  const { source, rejected, placeholder: shown } = version;
  const { etag, bytes, format, width, height, name } = source;
  const item: CommittedItem = {
    ...common,
    status: rejected ? "rejected" : "ready",
    etag,
    bytesIn: bytes,
    ...(name !== undefined && { name }),
    ...(format !== undefined && { format }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(rejected && { reason: rejected.reason, message: rejected.message }),
    ...(shown && { placeholder: shown }),
    ...(!rejected && made(version)),
  };
  const { renditions, ...small } = item;
  return Buffer.byteLength(JSON.stringify(item)) > MAX_ITEM_BYTES ? small : item;
}

/** What the key of a source tells. */
export function identity(key: string, { uploads }: CatalogNames) {
  return { key, ...uploads.read(key) };
}

function made({ renditions, onRequest = [] }: Manifest) {
  const saved = renditions.flatMap(({ savedPercent }) => savedPercent ?? []);
  const all = [
    ...renditions.map((each) => ({ ...each, when: "upload" as const })),
    ...onRequest.map((each) => ({ ...each, when: "request" as const })),
  ];
  return {
    bytesOut: renditions.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(saved.length > 0 && { savedPercent: Math.max(...saved) }),
    renditions: all.map((each): ImageRendition => {
      const { preset, key, width, height, format, when } = each;
      const bytes = "bytes" in each ? each.bytes : undefined;
      const savedPercent = "savedPercent" in each ? each.savedPercent : undefined;
      return {
        preset,
        key,
        width,
        height,
        format,
        when,
        ...(bytes !== undefined && { bytes }),
        ...(savedPercent !== undefined && { savedPercent }),
      };
    }),
  };
}

/**
 * The renditions of an image with their addresses. The version is that of `?v=` in docs/delivery.md: the
 * first eight digits of the source's ETag.
 *
 * @param base where renditions are delivered, such as `https://images.example.com`
 */
export function addressed({ renditions, etag = "" }: ImageItem, base: string | undefined) {
  if (base === undefined) return renditions;
  const [, version] = /^"?([0-9a-f]{8})/.exec(etag) ?? [];
  const query = version === undefined ? "" : `?v=${version}`;
  const start = base.replace(/\/$/, "");
  return renditions?.map((each) => ({ ...each, url: start + addressPath(each.key) + query }));
}

/**
 * An image as the API answers it: what `picture()` of `@imagefleet/client` takes, and its state.
 *
 * @param imagesUrl where renditions are delivered; undefined: unknown
 *
 * @example
 * const item = await openTable("images", { region: "eu-west-1" }).get("cats/tom.jpg", signal);
 * const names = { recipe, uploads: uploadKeys(UPLOAD_KEY, "") };
 * if (item) console.log(viewOf(item, names, "https://images.example.com").srcset);
 */
export function viewOf(item: ImageItem, names: CatalogNames, imagesUrl: string | undefined) {
  const { key, etag, bytesIn, width, height, format, renditions } = item;
  const { status, name, reason, message, bytesOut, savedPercent } = item;
  const { recipe, uploads } = names;
  const upload = uploads.read(key);
  return {
    id: imageId(key),
    key,
    status,
    name,
    reason,
    message,
    ...(etag !== undefined && { source: { key, etag, bytes: bytesIn, width, height, format } }),
    placeholder: item.placeholder,
    ...(renditions && { srcset: srcsetOf(renditions), renditions: addressed(item, imagesUrl) }),
    ...(etag !== undefined && { manifestKey: manifestKey(recipe, key) }),
    bytesOut,
    savedPercent,
    requestedAt: upload && new Date(requestedAt(upload)).toISOString(),
    committedAt: item.committedAt,
  };
}
export type ImageView = ReturnType<typeof viewOf>;

/**
 * The id of an image in addresses of the API: its key in base64url.
 *
 * @example
 * imageId("cats/tom.jpg"); // "Y2F0cy90b20uanBn"
 */
export function imageId(key: string): string {
  return Buffer.from(key).toString("base64url");
}

/**
 * The key of such an id; undefined for another text.
 *
 * @example
 * keyOfId("Y2F0cy90b20uanBn"); // "cats/tom.jpg"
 */
export function keyOfId(id: string): string | undefined {
  const key = Buffer.from(id, "base64url").toString();
  return key !== "" && imageId(key) === id ? key : undefined;
}

import { decodeKey, isObjectKey } from "@imagefleet/core/intake";
import * as v from "valibot";
import type { SourceKey } from "./source-key.ts";

export const KEY_FORMATS = ["plain", "csv", "ndjson"] as const;
export type KeyFormat = (typeof KEY_FORMATS)[number];

/** The columns that every S3 Inventory report has, in their order. */
export const INVENTORY_COLUMNS = "Bucket, Key";

/** The format of a file, by its first line. */
export function formatOf(line: string): KeyFormat {
  if (line.trimStart().startsWith("{")) return "ndjson";
  return /^"[^"]*","/.test(line) ? "csv" : "plain";
}

const size = v.optional(v.pipe(v.number(), v.minValue(0)));
const keySchema = v.pipe(v.string(), v.check(isObjectKey));
const lineSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.union([
    v.pipe(
      v.object({ key: keySchema, bytes: size, size }),
      v.transform(({ key, bytes, size: other }) => ({ key, bytes: bytes ?? other })),
    ),
    v.pipe(
      v.object({ Key: keySchema, Size: size }),
      v.transform(({ Key, Size }) => ({ key: Key, bytes: Size })),
    ),
  ]),
);

/**
 * The source that a line names. `otherBucket`: the line names a key of another bucket; "no source": it
 * names a version that is not the latest, or a delete marker; undefined: it cannot be read.
 */
export type NamedKey = SourceKey | { readonly otherBucket: string } | "no source" | undefined;

/** A reader for the lines of one format. */
export function keyReader(
  format: KeyFormat,
  bucket: string,
  columns: string,
): (line: string) => NamedKey {
  switch (format) {
    case "plain":
      return (line) => {
        const [, named, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(line) ?? [];
        if (named === undefined || key === undefined)
          return isObjectKey(line) ? { key: line } : undefined;
        if (named !== bucket) return { otherBucket: named };
        return isObjectKey(key) ? { key } : undefined;
      };
    case "ndjson":
      return (line) => {
        const parsed = v.safeParse(lineSchema, line);
        if (!parsed.success) return undefined;
        const { key, bytes } = parsed.output;
        return bytes === undefined ? { key } : { key, bytes };
      };
    case "csv":
      return inventoryReader(bucket, columns);
  }
}

/**
 * S3 Inventory has no header, quotes every field and URL-encodes keys.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
function inventoryReader(bucket: string, columns: string): (line: string) => NamedKey {
  const names = columns.split(",").map((name) => name.trim().toLowerCase());
  const at = (name: string) => names.indexOf(name);
  return (line) => {
    const fields = [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map(([, text = ""]) =>
      text.replaceAll('""', '"'),
    );
    const field = (name: string) => (at(name) < 0 ? undefined : fields[at(name)] || undefined);
    const encoded = field("key");
    if (encoded === undefined) return undefined;
    const named = field("bucket");
    if (named !== undefined && named !== bucket) return { otherBucket: named };
    const key = decodeKey(encoded);
    const bytes = Number(field("size") ?? Number.NaN);
    const modified = Date.parse(field("lastmodifieddate") ?? "");
    const etag = field("etag");
    // A report of a versioned bucket also lists old versions and delete markers.
    if (field("islatest") === "false" || field("isdeletemarker") === "true") return "no source";
    return key === undefined || !isObjectKey(key)
      ? undefined
      : {
          key,
          ...(Number.isFinite(bytes) && { bytes }),
          ...(Number.isFinite(modified) && { modified }),
          ...(etag !== undefined && { etag: `"${etag}"` }),
        };
  };
}

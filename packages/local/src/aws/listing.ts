import { S3Error, type S3Object } from "./fauxqs.ts";
import type { Objects } from "./objects.ts";
import { formEncode, type Target } from "./target.ts";
import { document, element } from "./xml.ts";

type Entry = { name: string; object?: S3Object; storageClass?: string };

const maxPage = 1000;

/**
 * ListObjects and ListObjectsV2. fauxqs sorts by locale but pages by code unit, and so loses keys;
 * pages wrongly after a common prefix; has no encoding-type; and sorts the whole bucket for each page.
 */
export function list(objects: Objects, { bucket, query }: Target): string {
  const v2 = query["list-type"] === "2";
  const prefix = query["prefix"] ?? "";
  const delimiter = query["delimiter"] ?? "";
  const token = query["continuation-token"];
  const after = v2 ? (query["start-after"] ?? "") : (query["marker"] ?? "");
  const limit = limitOf(query["max-keys"]);
  const encode = query["encoding-type"] === "url" ? formEncode : (key: string) => key;

  const entries = walk(
    objects,
    bucket,
    prefix,
    delimiter,
    token === undefined ? after : keyOf(token),
  );
  const page: Entry[] = [];
  let truncated = false;
  for (const entry of limit === 0 ? [] : entries) {
    truncated = page.length === limit;
    if (truncated) break;
    page.push(entry);
  }
  const last = page.at(-1)?.name ?? "";

  return document(
    "ListBucketResult",
    [
      element("Name", bucket),
      element("Prefix", encode(prefix)),
      ...(v2 ? [element("KeyCount", page.length)] : [element("Marker", encode(after))]),
      element("MaxKeys", limit),
      ...(delimiter === "" ? [] : [element("Delimiter", encode(delimiter))]),
      ...(query["encoding-type"] === "url" ? [element("EncodingType", "url")] : []),
      element("IsTruncated", truncated),
      ...(v2 && after !== "" ? [element("StartAfter", encode(after))] : []),
      ...(v2 && token !== undefined ? [element("ContinuationToken", token)] : []),
      ...(v2 && truncated ? [element("NextContinuationToken", tokenOf(last))] : []),
      ...(!v2 && truncated && delimiter !== "" ? [element("NextMarker", encode(last))] : []),
      ...page.map((entry) => entryXml(entry, encode)),
    ].join(""),
  );
}

/** ListParts, which fauxqs does not have. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
export function listParts(objects: Objects, { bucket, key, query }: Target): string {
  const uploadId = query["uploadId"] ?? "";
  const marker = Number(query["part-number-marker"] ?? 0);
  const limit = limitOf(query["max-parts"]);
  const after = objects
    .partsOf(bucket, key, uploadId)
    .filter(({ partNumber }) => partNumber > marker);
  const page = after.slice(0, limit);
  return document(
    "ListPartsResult",
    [
      element("Bucket", bucket),
      element("Key", query["encoding-type"] === "url" ? formEncode(key) : key),
      element("UploadId", uploadId),
      element("PartNumberMarker", marker),
      element("NextPartNumberMarker", page.at(-1)?.partNumber ?? marker),
      element("MaxParts", limit),
      element("IsTruncated", after.length > page.length),
      ...page.map(({ partNumber, etag, lastModified, bytes }) => {
        const fields = [
          element("PartNumber", partNumber),
          element("LastModified", lastModified.toISOString()),
          element("ETag", etag),
          element("Size", bytes),
        ];
        return `<Part>${fields.join("")}</Part>`;
      }),
    ].join(""),
  );
}

/** Keys and common prefixes after `after`, in order, read lazily. */
function* walk(
  objects: Objects,
  bucket: string,
  prefix: string,
  delimiter: string,
  after: string,
): Generator<Entry> {
  // A common prefix as the marker stands for all of its keys.
  const group = after.startsWith(prefix) ? commonPrefix(after, prefix, delimiter) : undefined;
  let from: string | undefined = group === after && after !== "" ? successor(after) : after;
  if (from !== undefined && Buffer.compare(Buffer.from(from), Buffer.from(prefix)) < 0)
    from = prefix;
  while (from !== undefined) {
    const keys = objects.keysFrom(bucket, from, maxPage);
    const full = keys.length === maxPage;
    from = full ? `${keys.at(-1)}\0` : undefined;
    for (const key of keys) {
      if (!key.startsWith(prefix)) return;
      if (key === after) continue;
      const shared = commonPrefix(key, prefix, delimiter);
      if (shared === undefined) {
        const object = objects.find(bucket, key);
        const { storageClass } = objects.storageOf(bucket, key);
        if (object !== undefined) yield { name: key, object, storageClass };
        continue;
      }
      yield { name: shared };
      from = successor(shared);
      break;
    }
  }
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** The first string in code point (UTF-8) order after all strings with this prefix. */
function successor(prefix: string): string | undefined {
  const points = Array.from(prefix, (c) => c.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Skips the surrogates, which are not characters.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}

function entryXml({ name, object, storageClass }: Entry, encode: (key: string) => string): string {
  if (object === undefined || storageClass === undefined)
    return `<CommonPrefixes>${element("Prefix", encode(name))}</CommonPrefixes>`;
  const fields = [
    element("Key", encode(name)),
    element("LastModified", object.lastModified.toISOString()),
    element("ETag", object.etag),
    element("Size", object.contentLength),
    element("StorageClass", storageClass),
  ];
  return `<Contents>${fields.join("")}</Contents>`;
}

function limitOf(value: string | undefined): number {
  if (value === undefined) return maxPage;
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 0) {
    throw new S3Error("InvalidArgument", `max-keys is "${value}": give a whole number from 0`, 400);
  }
  return Math.min(limit, maxPage);
}

function tokenOf(name: string): string {
  return Buffer.from(`1:${name}`).toString("base64");
}

function keyOf(token: string): string {
  const name = Buffer.from(token, "base64").toString("utf8");
  if (!name.startsWith("1:")) {
    throw new S3Error("InvalidArgument", "The continuation token provided is incorrect", 400);
  }
  return name.slice(2);
}

import { isDeepStrictEqual } from "node:util";
import { statusOf, type Version } from "./version.ts";

/** An item as it is in the table. */
export type Item = Readonly<Record<string, unknown>>;

/** Fields that do not follow from a manifest: what was published. */
const OF_NOTIFICATIONS = ["notified", "wasReady", "returns", "telling"];
/** Fields that a failure has instead of those of the manifest. */
const OF_FAILURE = ["status", "reason", "message", "expiresAt"];

/** For so long a removed image stays in the table, s. */
const REMOVED_SECONDS = 30 * 24 * 60 * 60;

/** The source's key in the partition key of an image. */
export function keyOf(pk: string): string {
  return pk.replace(/^image\//, "");
}

/** The item that docs/uploads.md promises for a manifest or a tombstone. */
export function expectedItem(version: Version): Item {
  const { seq, at, source } = version;
  const { key, etag, bytes, format, width, height, name } = source;
  const status = statusOf(version);
  const common = { pk: `image/${key}`, status, seq, committedAt: at };
  if (status === "removed") {
    return { ...common, expiresAt: Math.ceil(Date.parse(at) / 1000) + REMOVED_SECONDS };
  }
  const all = [
    ...version.renditions.map((each) => ({ ...each, when: "upload" })),
    ...version.onRequest.map((each) => ({ ...each, when: "request" })),
  ];
  const saved = version.renditions.flatMap(({ savedPercent }) => savedPercent ?? []);
  const made = {
    bytesOut: version.renditions.reduce((sum, each) => sum + each.bytes, 0),
    savedPercent: saved.length > 0 ? Math.max(...saved) : undefined,
    renditions: all.map(defined),
  };
  return defined({
    ...common,
    etag,
    bytesIn: bytes,
    format,
    width,
    height,
    name,
    placeholder: version.placeholder,
    ...(status === "ready" ? made : version.rejected),
  });
}

/** The fields in which an item differs from what is expected. */
export function differing(item: Item, expected: Item): string[] {
  const ignored = [...OF_NOTIFICATIONS, ...(item["status"] === "failed" ? OF_FAILURE : [])];
  return [...new Set([...Object.keys(item), ...Object.keys(expected)])]
    .filter((field) => !ignored.includes(field))
    .filter((field) => !isDeepStrictEqual(item[field], expected[field]));
}

function defined(item: Item): Item {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));
}

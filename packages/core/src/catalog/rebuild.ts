import { isDeepStrictEqual } from "node:util";
import type { Manifest, Tombstone } from "../store/index.ts";
import { type CatalogNames, type ImageItem, itemOf } from "./item.ts";
import { committedId } from "./notification.ts";
import type { CatalogTable } from "./table.ts";

/**
 * For so long an event of a manifest may wait in its queue, ms. Of a younger content, a table that was
 * rebuilt does not know whether there was a notification.
 */
const MAX_EVENT_AGE_MS = 14 * 24 * 60 * 60 * 1000;

/**
 * Writes the item of an image as its manifest says, unless it is so already or of a later version. It
 * notifies nobody: of a content that is younger than an event can be, the next event does, perhaps
 * once more.
 *
 * @param now ms since the epoch
 * @returns whether it has written
 * @throws Failure when DynamoDB fails
 *
 * @example
 * const table = openTable("images", { region: "eu-west-1" });
 * const names = { recipe, uploads: uploadKeys(UPLOAD_KEY, "") };
 * await rebuild(manifest, { table, now: Date.now(), ...names }, signal);
 */
export async function rebuild(
  version: Manifest | Tombstone,
  context: CatalogNames & { readonly table: CatalogTable; readonly now: number },
  signal: AbortSignal,
): Promise<boolean> {
  const { table, now } = context;
  const { key } = version.source;
  const next = itemOf(version, context);
  const isNotified = now - (version.since ?? version.seq) > MAX_EVENT_AGE_MS;
  for (;;) {
    const item = await table.get(key, signal);
    if (item?.seq !== undefined && item.seq > version.seq) return false;
    if (item !== undefined && differences(item, version, context).length === 0) return false;
    const { notified, wasReady, returns, telling } = item ?? {
      notified: isNotified ? committedId(next, version) : undefined,
      wasReady: (isNotified && next.status === "ready") || undefined,
    };
    if (await table.put({ ...next, notified, wasReady, returns, telling }, item, signal))
      return true;
  }
}

/**
 * The fields in which an item differs from its manifest. A failure is not in the manifest, and neither
 * is what was notified.
 *
 * @example
 * const item = await openTable("images", { region: "eu-west-1" }).get("cats/tom.jpg", signal);
 * const names = { recipe, uploads: uploadKeys(UPLOAD_KEY, "") };
 * if (item) console.log(differences(item, manifest, names)); // ["etag", "renditions"]
 */
export function differences(
  item: ImageItem,
  version: Manifest | Tombstone,
  names: CatalogNames,
): string[] {
  const expected = itemOf(version, names);
  const { notified: _id, wasReady: _first, returns: _count, telling: _at, ...found } = item;
  const isFailed = found.status === "failed" && found.seq === expected.seq;
  const ignored = isFailed ? ["status", "reason", "message", "expiresAt"] : [];
  const of = new Map<string, unknown>(Object.entries(expected));
  const has = new Map<string, unknown>(Object.entries(found));
  return [...new Set([...of.keys(), ...has.keys()])].filter(
    (field) => !ignored.includes(field) && !isDeepStrictEqual(of.get(field), has.get(field)),
  );
}

import { setTimeout as pause } from "node:timers/promises";
import { differences, type ImageItem, type ImageStatus, itemOf } from "@imagefleet/core/catalog";
import type { Manifest, Tombstone } from "@imagefleet/core/store";
import type { OpenCatalog } from "./open.ts";

/** What a check reports about one image. */
export type CatalogFinding =
  /** The item has other fields than the manifest says. */
  | { readonly kind: "differs"; readonly key: string; readonly fields: readonly string[] }
  /** There is a manifest and no item. */
  | { readonly kind: "missing"; readonly key: string }
  /** There is an item, of an image that is there, and no manifest. */
  | { readonly kind: "no-manifest"; readonly key: string; readonly status: ImageStatus };

export type CatalogFindingKind = CatalogFinding["kind"];

export const CATALOG_FINDING_KINDS = [
  "differs",
  "missing",
  "no-manifest",
] as const satisfies readonly CatalogFindingKind[];

/** States of an image that has no manifest: its upload has not come, its job has failed, or it is gone. */
const WITHOUT_MANIFEST: readonly ImageStatus[] = ["awaiting", "failed", "removed"];

/** How often an image is looked at before it is reported, and the pause between two looks, ms. */
const MAX_LOOKS = 5;
const PAUSE_MS = 1000;
/** A manifest that is older than this was projected, unless the catalog's queue is not handled, ms. */
const PROJECTED_MS = 60_000;

/**
 * Compares an image's item with its manifest. One that differs is looked at again before it is reported:
 * at once, and for some seconds if its manifest was just written.
 *
 * @param seen the item, if it was read already
 */
export async function compare(
  key: string,
  catalog: OpenCatalog,
  seen?: ImageItem,
): Promise<CatalogFinding | undefined> {
  for (let looks = 1; ; looks++) {
    const stored = await catalog.stored(key);
    const version = stored?.manifest ?? stored?.tombstone;
    const item = looks === 1 && seen !== undefined ? seen : await catalog.item(key);
    const finding = findingOf(key, version, item, catalog);
    if (finding === undefined || looks === MAX_LOOKS) return finding;
    const isNew = version !== undefined && Date.now() - Date.parse(version.at) < PROJECTED_MS;
    if (looks > 1 && !isNew) return finding;
    if (isNew) await pause(PAUSE_MS);
  }
}

function findingOf(
  key: string,
  version: Manifest | Tombstone | undefined,
  item: ImageItem | undefined,
  { names }: OpenCatalog,
): CatalogFinding | undefined {
  if (version === undefined) {
    if (item === undefined || WITHOUT_MANIFEST.includes(item.status)) return undefined;
    return { kind: "no-manifest", key, status: item.status };
  }
  if (item === undefined) {
    // DynamoDB removes the item of a removed image some time before S3 its tombstone.
    const { expiresAt = Number.POSITIVE_INFINITY } = itemOf(version, names);
    return expiresAt * 1000 < Date.now() ? undefined : { kind: "missing", key };
  }
  const fields = differences(item, version, names);
  return fields.length === 0 ? undefined : { kind: "differs", key, fields };
}

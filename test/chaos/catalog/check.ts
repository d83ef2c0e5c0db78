import { differing, expectedItem, type Item, keyOf } from "./item.ts";
import { type Notification, sayTheSame, tellsOf } from "./notification.ts";
import type { Version } from "./version.ts";

type CatalogFault =
  /** An item that is not as its manifest says, or is missing. */
  | "differs"
  /** An item without a manifest and without a tombstone. */
  | "unmatched"
  /** A reader saw an item go back to an earlier version. */
  | "seqBack"
  /** A final state of which no notification tells. */
  | "untold"
  /** Two notifications have the same id and say different things. */
  | "contradicts";

export interface CatalogViolation {
  readonly kind: CatalogFault;
  readonly key: string;
  readonly why: string;
}

/** What was stored and published after the queues were empty. */
export interface CatalogSnapshot {
  readonly versions: readonly Version[];
  readonly items: readonly Item[];
  readonly published: readonly Notification[];
  /** The ETags of the sources by key. */
  readonly sources: ReadonlyMap<string, string>;
  /** The keys of dead letters of the lanes with the reason of a failure, and without a reason. */
  readonly failed: ReadonlySet<string>;
  readonly crashed: ReadonlySet<string>;
}

/** Compares the table and the notifications with the manifests, by the promises of the documents only. */
export function checkCatalog(snapshot: CatalogSnapshot): CatalogViolation[] {
  const { versions, published } = snapshot;
  const items = new Map(snapshot.items.map((item) => [keyOf(String(item["pk"])), item]));
  const byKey = Map.groupBy(published, ({ key }) => key);
  const known = new Set(versions.map(({ source }) => source.key));
  const ids = new Map(published.map((each) => [each.id, each]));
  return [
    ...versions.flatMap((version) => {
      const { key } = version.source;
      const item = items.get(key);
      const why = itemFault(version, item, snapshot);
      const differs = why === undefined ? [] : [{ kind: "differs" as const, key, why }];
      // The notification that the item names tells of a failure.
      const isPublished =
        item?.["status"] === "failed" || byKey.get(key)?.some((each) => tellsOf(each, version));
      return [...differs, ...(isPublished ? [] : [untold(key, "of its state")])];
    }),
    ...[...items].flatMap(([key, item]) => [
      ...(known.has(key) || mayBeAlone(key, item, snapshot)
        ? []
        : [{ kind: "unmatched" as const, key, why: `its status is ${item["status"]}` }]),
      ...(isNamed(key, item, ids) ? [] : [untold(key, "with the id that its item names")]),
    ]),
    ...published.flatMap((each): CatalogViolation[] => {
      const last = ids.get(each.id);
      if (last === undefined || sayTheSame(each, last)) return [];
      const why = `${JSON.stringify(each)} and ${JSON.stringify(last)}`;
      return [{ kind: "contradicts", key: each.key, why }];
    }),
  ];
}

function itemFault(
  version: Version,
  item: Item | undefined,
  { sources, failed, crashed }: CatalogSnapshot,
): string | undefined {
  const { key, etag } = version.source;
  if (item === undefined) return "there is no item";
  const hasOther = sources.has(key) && sources.get(key) !== etag;
  const isFailed = item["status"] === "failed";
  if (isFailed && !(hasOther && failed.has(key))) return "its item says failed, and it has not";
  // The notice of a crash is missing, and the content of the other letter may have been replaced.
  if (!isFailed && hasOther && failed.has(key) && !crashed.has(key)) {
    return `its last content has failed, and its item says ${item["status"]}`;
  }
  const expected = expectedItem(version);
  const fields = differing(item, expected).map(
    (field) =>
      `${field} is ${JSON.stringify(item[field])} and not ${JSON.stringify(expected[field])}`,
  );
  return fields.length === 0 ? undefined : fields.join("; ");
}

/** Only an image that was never rendered: it has failed, and may have been deleted then. */
function mayBeAlone(key: string, item: Item, { sources, failed }: CatalogSnapshot): boolean {
  if (item["seq"] !== undefined) return false;
  return item["status"] === "failed" ? failed.has(key) : !sources.has(key);
}

function isNamed(key: string, item: Item, ids: ReadonlyMap<string, Notification>): boolean {
  const published = ids.get(String(item["notified"]));
  return published?.key === key && published.type === `image.${item["status"]}`;
}

function untold(key: string, what: string): CatalogViolation {
  return { kind: "untold", key, why: `no notification tells ${what}` };
}

import { Failure } from "../outcome/index.ts";
import { manifestKey } from "../plan/index.ts";
import { ofSource } from "../reconcile/index.ts";
import type { Manifest, RenditionStore, SourceStore, Tombstone } from "../store/index.ts";
import { type CatalogNames, type ImageItem, identity, itemOf, REMOVED_SECONDS } from "./item.ts";
import {
  changeOf,
  committedId,
  type NotifiedItem,
  notificationId,
  notificationOf,
} from "./notification.ts";
import type { Publish } from "./publisher.ts";
import type { CatalogTable } from "./table.ts";

/** What brings items up to date. */
export interface ProjectContext extends CatalogNames {
  readonly table: CatalogTable;
  readonly renditions: RenditionStore;
  readonly sources: SourceStore;
  /** The bucket of the sources. */
  readonly sourceBucket: string;
  readonly publish: Publish;
  /** Where renditions are delivered, such as `https://images.example.com`; undefined: unknown. */
  readonly imagesUrl: string | undefined;
}

/** Why an item is to be looked at: its manifest has changed, or an attempt has sent a notice. */
export interface Cause {
  readonly key: string;
  readonly notice?: {
    readonly at: string;
    readonly failed?: { readonly reason: string; readonly message: string } | undefined;
  };
}

/** An image that changes in each round is looked at later. */
const MAX_ROUNDS = 4;

/**
 * Brings the item of an image up to date with what S3 has, and tells the application of a change of
 * content. Messages may be lost, late, repeated and in any order: only what S3 has decides.
 *
 * The item is written only in the place of the one that was read, and never in that of a later one, so
 * that a reader never sees `seq` go back. A crash repeats a notification with the same id, and loses none:
 *
 * - That of a manifest is published before its item is written. Receivers order it by its `seq`, and it
 *   says what was committed, whatever the item becomes meanwhile.
 * - A failure, a removal without a tombstone and the return of a content have the `seq` of another state,
 *   and receivers order them by their time. The item is written before, with that time, and again after
 *   the notification: if another state came first, it is not published.
 *
 * @throws Failure when S3, DynamoDB, SNS or EventBridge fails: the message is to be retried
 *
 * @example
 * type Given = Parameters<typeof project>[1];
 * const projectAll = (keys: string[], given: Given) =>
 *   Promise.all(keys.map((key) => project({ key }, given, signal)));
 */
export async function project(
  cause: Cause,
  context: ProjectContext,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    if (await projectOnce(cause, context, signal)) return;
  }
  const message = `the manifest or the item of ${cause.key} changed in each of ${MAX_ROUNDS} rounds`;
  throw new Failure("SourceChanging", message);
}

/** @returns false if the item or the manifest has changed meanwhile */
async function projectOnce(
  { key, notice }: Cause,
  context: ProjectContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { recipe, renditions, sources, table, sourceBucket: bucket, publish } = context;
  const at = manifestKey(recipe, key);
  // First, so that the manifest is never older than the one that the item was written from.
  const item = await table.get(key, signal);
  const stored = ofSource(await renditions.manifest(at, signal), { bucket, key });
  const version = stored?.manifest ?? stored?.tombstone;
  // An event says all: the manifest was written. A notice says that there may be something else.
  const current = notice && (await sources.content(bucket, key, signal));
  if (version !== undefined && item?.seq !== undefined && item.seq > version.seq) return false;
  const next = stateOf({ key, notice, version, current, item }, context);
  if (next === undefined) return true;
  const { id, returns } = next;
  const { imagesUrl } = context;
  const wasReady = item?.wasReady || next.item.status === "ready";
  const written: ImageItem = {
    ...next.item,
    notified: id,
    ...(wasReady && { wasReady }),
    ...(returns !== undefined && { returns }),
  };
  const isNamed = item?.notified === id;
  const toldAt = (isNamed ? item.telling : undefined) ?? next.at;
  let over = item;
  if (!isNamed && !next.isOrdered) {
    over = { ...written, wasReady: item?.wasReady, telling: toldAt };
    if (!(await table.put(over, item, signal))) return false;
  }
  if (!isNamed || item.telling !== undefined) {
    const change = { ...next, at: toldAt, before: item, manifestKey: at, imagesUrl };
    await publish(notificationOf(bucket, next.item, change), signal);
  }
  if (!(await table.put(written, over, signal))) return false;
  // The message of what was put or deleted meanwhile may already have been handled.
  if ((await renditions.manifest(at, signal))?.etag !== stored?.etag) return false;
  return notice === undefined || (await sources.content(bucket, key, signal)) === current;
}

/** The state that an item should have, and the id of its notifications. */
interface State {
  readonly item: NotifiedItem;
  readonly id: string;
  readonly at: string;
  readonly returns: number | undefined;
  /** Whether receivers can order its notification by its `seq`. */
  readonly isOrdered: boolean;
}

/** What was read. The item is not of a later version. */
interface Seen {
  readonly key: string;
  readonly notice: Cause["notice"];
  readonly version: Manifest | Tombstone | undefined;
  /** The source's ETag, read for a notice; undefined if there is no source. */
  readonly current: string | undefined;
  readonly item: ImageItem | undefined;
}

/** @returns undefined if the item is as it should be */
function stateOf(seen: Seen, context: ProjectContext): State | undefined {
  const { notice, version, current, item } = seen;
  const content = version && !("removed" in version) ? version.source.etag : undefined;
  if (notice?.failed && current !== undefined && current !== content) {
    return failed({ ...seen, notice }, context);
  }
  if (version !== undefined) {
    const next = committed(version, item, context);
    const isTold = item?.notified === next.id && item.telling === undefined;
    const isShown = item?.seq === version.seq && (item.status === "failed" || isTold);
    // The failed content was replaced by the one of the manifest, or the removed one has come back.
    const isOver = notice !== undefined && item?.status !== next.item.status && current === content;
    return isShown && !isOver ? undefined : next;
  }
  // A source without a manifest was deleted, which leaves no tombstone.
  if (notice === undefined || current !== undefined || item === undefined) return undefined;
  return isGone(item) && item.telling === undefined ? undefined : gone(item, notice.at, context);
}

/**
 * A receiver knows the id of a content, and would drop it when the content returns: after another one has
 * failed, or when its source was missing for a moment. Such a return has an id and a time of its own.
 */
function committed(
  version: Manifest | Tombstone,
  before: ImageItem | undefined,
  context: ProjectContext,
): State {
  const item = itemOf(version, context);
  const { notified, seq = -1, returns } = before ?? {};
  const first = committedId(item, version);
  const latest = [first, committedId(item, version, returns)].find((id) => id === notified);
  if (notified === undefined || latest !== undefined || seq < (version.since ?? version.seq)) {
    return { item, id: latest ?? first, at: version.at, returns, isOrdered: true };
  }
  const next = (returns ?? 0) + 1;
  const id = committedId(item, version, next);
  return { item, id, at: now(), returns: next, isOrdered: false };
}

/** The renditions of an earlier content are still there. */
function failed(
  { key, notice, version, current, item }: Seen & { notice: NonNullable<Cause["notice"]> },
  context: ProjectContext,
): State {
  const { failed: why } = notice;
  const { sourceBucket: bucket } = context;
  const change = [current, version && changeOf(version, item?.returns)].join(" ");
  const known: ImageItem = version
    ? itemOf(version, context)
    : { ...without(item, key, context), status: "failed" };
  // Of a tombstone: the source has come back.
  const { expiresAt: _removedAt, ...kept } = known;
  return {
    item: { ...kept, status: "failed", ...why },
    id: notificationId({ status: "failed", bucket, key, change }),
    at: now(),
    returns: item?.returns,
    isOrdered: false,
  };
}

/** Not only hidden, as the API does it at once when a user deletes an image. */
function isGone({ status, expiresAt }: ImageItem): boolean {
  return status === "removed" && expiresAt !== undefined;
}

function gone(item: ImageItem, at: string, context: ProjectContext): State {
  const expiresAt = Math.ceil(Date.parse(at) / 1000) + REMOVED_SECONDS;
  const { key, notified, returns } = item;
  const { sourceBucket: bucket } = context;
  const known = isGone(item) ? notified : undefined;
  const change = `after ${notified}`;
  return {
    item: { ...without(item, key, context), status: "removed", expiresAt },
    id: known ?? notificationId({ status: "removed", bucket, key, change }),
    at: now(),
    returns,
    isOrdered: false,
  };
}

const now = () => new Date(Date.now()).toISOString();

/** What is known of an image that has no manifest. */
function without(item: ImageItem | undefined, key: string, context: ProjectContext) {
  const { seq, name } = item ?? {};
  return {
    ...identity(key, context),
    ...(seq !== undefined && { seq }),
    ...(name !== undefined && { name }),
  };
}

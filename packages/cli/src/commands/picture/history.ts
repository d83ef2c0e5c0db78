import type { ImageItem } from "@imagefleet/core/catalog";
import type { DeadLetter } from "@imagefleet/core/queue";
import type { Manifest, Tombstone } from "@imagefleet/core/store";
import { present } from "../../present.ts";
import { formatBytes, many } from "../../terminal/format.ts";
import type { Looked } from "./look.ts";
import type { SourceVersion } from "./versions.ts";

/** Something that happened to a source, as far as what exists now tells. */
export interface HistoryEntry {
  /** ISO 8601 */
  readonly at: string;
  readonly event: "source" | "deleted" | "manifest" | "rendition" | "attempt" | "catalog";
  readonly text: string;
}

/** Merges what is known of the past of a source, the earliest first. */
export function historyOf(
  { source, stored, renditions }: Looked,
  versions: readonly SourceVersion[],
  deadLetters: readonly DeadLetter[],
  item: ImageItem | undefined,
): HistoryEntry[] {
  const entry = (at: string, event: HistoryEntry["event"], text: string) => ({ at, event, text });
  const written = source.state === "present" && versions.length === 0 && source;
  const version = stored?.manifest ?? stored?.tombstone;
  const entries = present<HistoryEntry>(
    versions.map(({ at, id, bytes }) =>
      bytes === undefined
        ? entry(at, "deleted", `the source was deleted (version ${id})`)
        : entry(at, "source", `the source was written: ${formatBytes(bytes)} (version ${id})`),
    ),
    written &&
      entry(written.modified, "source", `the source was written: ${formatBytes(written.bytes)}`),
    version !== undefined && entry(version.at, "manifest", manifestText(version)),
    renditions.flatMap(({ key, found }) =>
      found?.modified ? entry(found.modified.toISOString(), "rendition", `${key} was written`) : [],
    ),
    deadLetters.flatMap(({ id, reason, message, firstAttemptAt, lastAttemptAt }) =>
      present<HistoryEntry>(
        firstAttemptAt !== undefined &&
          entry(iso(firstAttemptAt), "attempt", `the first attempt of dead letter ${id}`),
        entry(
          iso(lastAttemptAt),
          "attempt",
          `the last attempt of dead letter ${id}: ${reason}, ${message}`,
        ),
      ),
    ),
    item?.committedAt !== undefined &&
      entry(
        item.committedAt,
        "catalog",
        `the catalog has it as ${item.status} since this manifest`,
      ),
    item?.telling !== undefined &&
      entry(item.telling, "catalog", "the application was last notified"),
  );
  return entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function manifestText(version: Manifest | Tombstone): string {
  if ("removed" in version) return "the renditions of the deleted source were removed";
  const { rejected, renditions } = version;
  return rejected
    ? `rejected: ${rejected.reason}`
    : `rendered: ${many(renditions.length, "rendition")}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

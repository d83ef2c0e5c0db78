import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import * as v from "valibot";
import { KEY_FORMATS } from "./key-line.ts";
import type { SourceKey } from "./source-key.ts";

/** Which sources a run is for. The checkpoint contains it, so that a resumed run selects the same. */
export const selectionSchema = v.object({
  bucket: v.string(),
  prefix: v.string(),
  /** A file of keys, which replaces the listing. */
  from: v.optional(v.string()),
  format: v.optional(v.picklist(KEY_FORMATS)),
  columns: v.string(),
  suffixes: v.optional(v.array(v.string())),
  /** ms since the epoch */
  newerThan: v.optional(v.number()),
  /** ms since the epoch */
  olderThan: v.optional(v.number()),
  /** bytes */
  largerThan: v.optional(v.number()),
  onlyStale: v.boolean(),
  preset: v.optional(v.string()),
  force: v.boolean(),
});
export type Selection = v.InferOutput<typeof selectionSchema>;

/** Applies the filters that need no manifest. A filter on a field that a file of keys lacks passes. */
export function isSelected(
  sourceKey: SourceKey,
  selection: Pick<Selection, "prefix" | "suffixes" | "newerThan" | "olderThan" | "largerThan">,
  recipe: Recipe,
): boolean {
  const { key, bytes, modified } = sourceKey;
  const { prefix, suffixes, newerThan, olderThan, largerThan } = selection;
  const lower = key.toLowerCase();
  return (
    whyNotASource(recipe, key) === undefined &&
    key.startsWith(prefix) &&
    (suffixes === undefined || suffixes.some((suffix) => lower.endsWith(suffix.toLowerCase()))) &&
    (newerThan === undefined || modified === undefined || modified >= newerThan) &&
    (olderThan === undefined || modified === undefined || modified < olderThan) &&
    (largerThan === undefined || bytes === undefined || bytes > largerThan)
  );
}

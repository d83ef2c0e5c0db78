import { type Recipe, whyNotASource } from "@imagefleet/core/recipe";
import type { Selection } from "./selection.ts";
import type { SourceKey } from "./source-key.ts";

/** By what a listing says; what a file of keys does not say cannot be asked, and is not held against it. */
export function isMeant(
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

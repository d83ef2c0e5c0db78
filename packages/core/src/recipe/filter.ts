import type { Recipe } from "./recipe.ts";

/**
 * Why a key is not a source by the recipe's filter, or undefined when it is one.
 *
 * @example
 * if (whyNotASource(recipe, "notes.txt") === undefined) console.log("notes.txt is a source");
 */
export function whyNotASource(recipe: Recipe, key: string): string | undefined {
  const { prefix, suffixes } = recipe.source;
  if (!key.startsWith(prefix)) return `the key does not begin with source.prefix "${prefix}"`;
  if (key.endsWith("/")) return "the key is a folder's marker";
  // Hadoop's, which Amazon EMR writes too.
  if (key.endsWith("_$folder$")) return "the key is a folder's marker";
  const lower = key.toLowerCase();
  if (suffixes.length > 0 && !suffixes.some((suffix) => lower.endsWith(suffix.toLowerCase()))) {
    return `the key ends with none of source.suffixes (${suffixes.join(", ")})`;
  }
  return undefined;
}

import { invalidationPaths, isOnlyCoveredByAll } from "@imagefleet/core/invalidation";
import { sourceOfOutput } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { namedSources } from "../../delivery/named-sources.ts";
import { UsageError } from "../../usage-error.ts";

/**
 * The paths of an invalidation that cover all addresses of sources that a person names.
 *
 * @param named keys of sources; a prefix ends with `/` or `*`
 * @throws UsageError for one that is not below the recipe's `source.prefix`, or that only a path for all
 *   sources covers
 */
export function pathsOf(recipe: Recipe, named: readonly string[]): string[] {
  const wide = named.find((text) => isOnlyCoveredByAll(namedSources(recipe, text)));
  if (wide !== undefined) {
    throw new UsageError(
      `${wide} begins with "${wide[recipe.source.prefix.length]}", which no path of an invalidation may have: it would be all sources. If you want that, use ${recipe.source.prefix}*`,
    );
  }
  return invalidationPaths(
    recipe,
    named.map((text) => namedSources(recipe, text)),
  );
}

/**
 * What to say of names that are keys of renditions or manifests by the recipe: a path of theirs covers no
 * address, unless a source has such a key too. Not where a key begins with the source's path, as every
 * source may then look like the rendition of another.
 */
export function outputWarnings(recipe: Recipe, named: readonly string[]): string[] {
  return named.flatMap((text) => {
    const source = sourceOfOutput(recipe, text);
    if (source === undefined || text.startsWith(source)) return [];
    return `${text} looks like the key of a rendition or a manifest: to purge its source, name ${source}`;
  });
}

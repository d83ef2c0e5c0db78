import { type KeyPattern, manifestPattern, renditionPatterns } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { addressPath } from "../../delivery/address.ts";
import { namedSources } from "../../delivery/named-sources.ts";
import { UsageError } from "../../usage-error.ts";

/**
 * Characters whose form in a path of an invalidation is not certain. The edge encodes most of them,
 * and AWS asks to encode only characters that are unsafe by RFC 1738, of which `~` is one. `*` is
 * only allowed at the end. A path ends before the first of them.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
const UNCERTAIN = /[~*;:@=&+$,?]/;

/**
 * The paths of an invalidation that cover all addresses of sources: each rendition in every format and
 * with every `v`, the manifest where the recipe delivers it, and all ad-hoc sizes where the recipe has
 * them. Each path ends with `*`, because a path without it covers only the address without a query.
 *
 * The addresses are those that the edge's function makes of what viewers request, `.auto` included. AWS
 * recommends to invalidate both where a function changes them; classic and signed addresses are left
 * out, as the cache is not asked for them.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 *
 * @param named keys of sources; a prefix ends with `/` or `*`
 * @throws UsageError for one that is not below the recipe's `source.prefix`, or that only a path for all
 *   sources covers
 *
 * @example
 * invalidationPaths(recipe, ["cats/tom.jpg"]); // ["/thumb/cats/tom.jpg.*", "/hero-800w/cats/tom.jpg.*"]
 * invalidationPaths(recipe, ["cats/"]); // ["/thumb/cats/*", "/hero-800w/cats/*"]
 */
export function invalidationPaths(recipe: Recipe, named: readonly string[]): string[] {
  const patterns = addressPatterns(recipe);
  const starts = named.flatMap((text) => {
    const { path, prefix } = namedSources(recipe, text);
    if (prefix === undefined) return patterns.map(({ before, after }) => before + path + after);
    return path === "" ? [recipe.output.prefix] : patterns.map(({ before }) => before + path);
  });
  const wide = named.find((text) => isCutAway(namedSources(recipe, text).path));
  if (wide !== undefined) {
    throw new UsageError(
      `${wide} begins with "${wide[recipe.source.prefix.length]}", which no path of an invalidation may have: it would be all sources. If you want that, use ${recipe.source.prefix}*`,
    );
  }
  // The size precedes the path in their keys, so that no shorter path names those of one source.
  const adhoc = recipe.delivery?.adhoc ? [`${recipe.output.prefix}adhoc/`] : [];
  const paths = [...starts, ...adhoc].map((start) => addressPath(certain(start)));
  const distinct = [...new Set(paths)];
  return distinct
    .filter((path) => !distinct.some((other) => other !== path && path.startsWith(other)))
    .map((path) => `${path}*`);
}

/**
 * What precedes and follows a source's path in its addresses, once for each preset's label. What
 * follows is only what all formats have in common, `.auto` included.
 */
function addressPatterns(recipe: Recipe): KeyPattern[] {
  const groups = Map.groupBy(renditionPatterns(recipe), ({ before }) => before);
  return [
    ...[...groups].map(([before, same]) => ({
      before,
      after: same.map(({ after }) => after.replace(EXTENSION, "")).reduce(commonStart),
    })),
    ...(recipe.delivery?.manifests ? [manifestPattern(recipe)] : []),
  ];
}

const EXTENSION = /[^./]*$/;

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}

function isCutAway(path: string): boolean {
  return path !== "" && certain(path) === "";
}

function certain(start: string): string {
  const at = start.search(UNCERTAIN);
  return at < 0 ? start : start.slice(0, at);
}

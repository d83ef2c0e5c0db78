import { addressPath, type KeyPattern, manifestPattern, renditionPatterns } from "../plan/index.ts";
import type { Recipe } from "../recipe/index.ts";

/** One source, or all whose keys have a prefix. */
export interface NamedSources {
  /** The source's path in keys of renditions; of a prefix, what the paths of all its sources begin with. */
  readonly path: string;
  /** What the keys of its sources begin with; undefined for one source. */
  readonly prefix: string | undefined;
}

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
 * @example
 * invalidationPaths(recipe, [{ path: "cats/tom.jpg", prefix: undefined }]);
 * // ["/thumb/cats/tom.jpg.*", "/hero-800w/cats/tom.jpg.*"]
 * invalidationPaths(recipe, [{ path: "cats/", prefix: "cats/" }]); // ["/thumb/cats/*", "/hero-800w/cats/*"]
 */
export function invalidationPaths(recipe: Recipe, named: readonly NamedSources[]): string[] {
  const patterns = addressPatterns(recipe);
  const starts = named.flatMap(({ path, prefix }) => {
    if (prefix === undefined) return patterns.map(({ before, after }) => before + path + after);
    return path === "" ? [recipe.output.prefix] : patterns.map(({ before }) => before + path);
  });
  // The size precedes the path in their keys, so that no shorter path names those of one source.
  const adhoc = recipe.delivery?.adhoc ? [`${recipe.output.prefix}adhoc/`] : [];
  const paths = [...starts, ...adhoc].map((start) => addressPath(certain(start)));
  const distinct = [...new Set(paths)];
  return distinct
    .filter((path) => !distinct.some((other) => other !== path && path.startsWith(other)))
    .map((path) => `${path}*`);
}

/**
 * Whether only a path for all sources covers these, as no path may have their first character.
 *
 * @example
 * isOnlyCoveredByAll({ path: "@2x.jpg", prefix: undefined }); // true
 */
export function isOnlyCoveredByAll({ path }: NamedSources): boolean {
  return path !== "" && certain(path) === "";
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

function certain(start: string): string {
  const at = start.search(UNCERTAIN);
  return at < 0 ? start : start.slice(0, at);
}

import type { NamedSources } from "@imagefleet/core/invalidation";
import { sourcePath } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { UsageError } from "../usage-error.ts";

/**
 * Reads a key of a source, or a prefix of keys, which ends with `/` or `*`.
 *
 * @throws UsageError for one that is not below the recipe's `source.prefix`
 *
 * @example
 * namedSources(recipe, "cats/"); // { path: "cats/", prefix: "cats/" }
 */
export function namedSources(recipe: Recipe, text: string): NamedSources {
  const prefix = text.endsWith("*") ? text.slice(0, -1) : text.endsWith("/") ? text : undefined;
  if (prefix === undefined) {
    return { path: sourcePath(recipe, checked(recipe, text, text)), prefix };
  }
  return { path: pathPrefix(recipe, text, prefix), prefix };
}

/** The start of the paths of all sources whose keys begin with a prefix; empty: all sources. */
function pathPrefix(recipe: Recipe, text: string, prefix: string): string {
  const { prefix: common } = recipe.source;
  if (common.startsWith(prefix)) return "";
  const rest = checked(recipe, text, prefix).slice(common.length);
  const at = rest.lastIndexOf("/");
  // A name of dots alone has another form than one that only begins with them.
  if (!/^\.{0,2}$/.test(rest.slice(at + 1))) return sourcePath(recipe, common + rest);
  return at < 0 ? "" : `${sourcePath(recipe, common + rest.slice(0, at))}/`;
}

function checked(recipe: Recipe, text: string, key: string): string {
  const { prefix } = recipe.source;
  if (key.startsWith(prefix)) return key;
  throw new UsageError(
    `${text} is no key of a source: they begin with "${prefix}" (source.prefix of the recipe). For all sources, use ${prefix}*`,
  );
}

import { RecipeError } from "./error.ts";
import { EXTENSIONS, type Preset, presetLabel, type Recipe } from "./recipe.ts";
import { fillTemplate, MANIFEST_FOLDER } from "./template.ts";

/** Stands for any path at all; in no key, for control characters are encoded. */
const ANY_PATH = "\0";

/**
 * Refuses a deployment that would feed on itself: where renditions go into a bucket that sources are
 * read from, nothing that is written there may pass the recipe's filter. Buckets that are not known
 * here are left to the mark that every written object carries, looked at before each is worked on.
 *
 * @throws RecipeError naming the fields, their values and the fix
 *
 * @example
 * refuseRecursion(recipe, { sources: ["uploads"], renditions: "renditions" });
 */
export function refuseRecursion(
  recipe: Recipe,
  buckets: { readonly sources: readonly string[]; readonly renditions: string },
): void {
  if (!buckets.sources.includes(buckets.renditions)) return;
  const taken = outputs(recipe).find(({ key }) => mayBeSource(key, recipe));
  if (!taken) return;
  const { source, output } = recipe;
  const show = (value: unknown) => JSON.stringify(value);
  throw new RecipeError([
    `output.prefix is ${show(output.prefix)}, source.prefix is ${show(source.prefix)} and source.suffixes is ${show(source.suffixes)}: in the bucket "${buckets.renditions}", which has sources and renditions, ${taken.what} would be taken for a source again; give renditions a bucket of their own, or prefixes of which neither begins with the other, such as source: { prefix: "uploads/" }, output: { prefix: "renditions/" }`,
  ]);
}

function outputs(recipe: Recipe): { what: string; key: string }[] {
  const { prefix, key } = recipe.output;
  const filled = (preset: Preset) =>
    fillTemplate(key, {
      preset: presetLabel(preset),
      path: ANY_PATH,
      ext: EXTENSIONS[preset.format],
    });
  return [
    ...recipe.presets.map((preset) => ({
      what: `the rendition "${presetLabel(preset)}"`,
      key: `${prefix}${filled(preset)}`,
    })),
    { what: "a manifest", key: `${prefix}${MANIFEST_FOLDER}/${ANY_PATH}.json` },
  ];
}

/** Is there a path with which the key passes the filter? */
function mayBeSource(key: string, { source }: Recipe): boolean {
  const [head = "", tail = ""] = key.split(ANY_PATH);
  if (!meet(head, source.prefix, (long, short) => long.startsWith(short))) return false;
  const { suffixes } = source;
  return (
    suffixes.length === 0 ||
    suffixes.some((suffix) =>
      meet(tail.toLowerCase(), suffix.toLowerCase(), (long, short) => long.endsWith(short)),
    )
  );
}

/** One of the two holds the other at the end where they meet: the path may be the rest. */
function meet(a: string, b: string, holds: (long: string, short: string) => boolean): boolean {
  return holds(a, b) || holds(b, a);
}

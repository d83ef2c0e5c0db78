import * as v from "valibot";
import { RecipeError } from "./error.ts";
import { presetsOf } from "./presets-of.ts";
import { EXTENSIONS, type Preset, presetLabel, type Recipe } from "./recipe.ts";
import { describeIssues, type RecipeDraft, type RecipeInput, recipeSchema } from "./schema.ts";
import { parseSize } from "./size.ts";
import { checkLabels, checkTemplate, fillTemplate } from "./template.ts";

/** The names of a recipe's presets, of `typeof recipe`; any text where they are not known. */
export type PresetName<R extends Recipe> = R extends { readonly presetNames?: infer Names }
  ? Extract<Names, string>
  : string;

/**
 * Defines the recipe that `recipe.ts` exports.
 *
 * @returns the recipe with every default filled in; its type knows the names of the presets
 * @throws RecipeError naming each wrong field, its value and the fix
 *
 * @example
 * export default defineRecipe({
 *   presets: {
 *     thumb: { size: "150x150", fit: "cover" },
 *     hero: { widths: [400, 800, 1280], formats: ["avif", "webp", "jpeg"] },
 *   },
 * });
 */
export function defineRecipe<const Input extends RecipeInput>(
  input: Input,
): Recipe & { readonly presetNames?: keyof Input["presets"] } {
  return parseRecipe(input);
}

/**
 * A recipe from outside (a file's default export), checked again: a file may export anything. What
 * `defineRecipe` gave is taken as it is.
 *
 * @throws RecipeError naming each wrong field, its value and the fix
 *
 * @example
 * const recipe = parseRecipe(JSON.parse(body));
 */
export function parseRecipe(input: unknown): Recipe {
  if (isDefined(input)) return input;
  const unseen = [...listsForObjects(input), ...presetsThatJavaScriptTakes(input)];
  if (unseen.length > 0) throw new RecipeError(unseen);
  const parsed = v.safeParse(recipeSchema, input);
  if (!parsed.success) throw new RecipeError(describeIssues(parsed.issues));
  return complete(parsed.output);
}

/** To valibot a list is an object without fields: it would pass, and mean nothing. */
function listsForObjects(input: unknown): string[] {
  if (typeof input !== "object" || input === null) return [];
  const within = (["presets", "delivery"] as const).flatMap((field) => {
    const fields: unknown = Object(input)[field];
    return Object.entries(Object(fields)).map(([name, value]) => [`${field}.${name}`, value]);
  });
  const entries = [...Object.entries(input), ...within];
  return entries
    .filter(([, value]) => Array.isArray(value))
    .map(([name]) => `${name} is a list: write an object`);
}

/** Known to every copy of this module: a recipe that was bundled brings its own. */
const DEFINED = Symbol.for("imagefleet.recipe");

/** What valibot leaves out of a record, as it means something else in JavaScript. */
const TAKEN = ["__proto__", "constructor", "prototype"];

/** A preset of such a name would be left out without a word. */
function presetsThatJavaScriptTakes(input: unknown): string[] {
  const presets: unknown = Object(input).presets;
  if (typeof presets !== "object" || presets === null || Array.isArray(presets)) return [];
  const names = TAKEN.filter((name) => Object.hasOwn(presets, name));
  // `__proto__: { … }` in a literal names no field: it is the object's prototype from then on.
  const prototype: unknown = Object.getPrototypeOf(presets);
  const isPlain = prototype === null || Object.hasOwn(Object(prototype), "hasOwnProperty");
  return [...(isPlain ? [] : ["__proto__"]), ...names].map(
    (name) => `presets.${name} is a name that JavaScript reserves: rename it`,
  );
}

function isDefined(input: unknown): input is Recipe {
  return typeof input === "object" && input !== null && DEFINED in input;
}

function complete(draft: RecipeDraft): Recipe {
  const issues: string[] = [];
  const entries = Object.entries(draft.presets);
  if (entries.length === 0) issues.push('presets is empty: write at least one, thumb: "150x150"');

  const presets = entries.flatMap(([name, value]) => presetsOf(name, value, issues));
  issues.push(
    ...checkLabels(presets),
    ...checkTemplate(draft.output.key, presets),
    ...checkPrefix(draft),
    ...checkUpload(presets),
    ...checkClassic(draft, presets),
    ...checkAdhoc(draft, presets),
  );
  if (issues.length > 0) throw new RecipeError(issues);
  const { delivery, ...rest } = draft;
  const recipe = { ...rest, ...(delivery && { delivery }), presets: Object.freeze(presets) };
  return Object.freeze(Object.defineProperty(recipe, DEFINED, { value: true }));
}

/** A source is decoded at its upload: that shows whether it is sound, and gives its placeholder. */
function checkUpload(presets: readonly Preset[]): string[] {
  return presets.length === 0 || presets.some(({ when }) => when === undefined)
    ? []
    : ['presets are all made on request: leave out when: "request" in at least one, a small one'];
}

/** A classic address would be the key of another source's rendition. */
function checkClassic({ delivery }: RecipeDraft, presets: readonly Preset[]): string[] {
  if (!delivery?.classic) return [];
  const sizes = [...new Set(presets.map(presetLabel))].filter((label) => parseSize(label));
  return sizes.map((label) => {
    return `delivery.classic is true: presets.${label} is named as a size, which classic addresses have in that place; rename it`;
  });
}

/** Signed addresses begin with `s/`, and the keys of what they ask for with `adhoc/`. */
function checkAdhoc({ delivery, output }: RecipeDraft, presets: readonly Preset[]): string[] {
  if (!delivery?.adhoc) return [];
  const first = (preset: Preset, template: string) =>
    fillTemplate(template.split("/")[0] ?? "", {
      preset: presetLabel(preset),
      path: "s",
      ext: EXTENSIONS[preset.format],
    });
  const isTaken = presets.some((preset) => {
    return (
      first(preset, output.key) === "adhoc" || first(preset, output.prefix + output.key) === "s"
    );
  });
  const field = output.prefix.startsWith("s/") ? "prefix" : "key";
  return isTaken || output.key.split("/")[0]?.includes("{path}")
    ? [
        `output.${field} is ${JSON.stringify(output[field])}: with delivery.adhoc, "s/" and "adhoc/" are for signed sizes; begin with another folder or rename the preset`,
      ]
    : [];
}

/** S3 keeps keys of at most 1,024 bytes, and `/a` is another key than `a`. */
function checkPrefix(draft: RecipeDraft): string[] {
  const { prefix } = draft.output;
  return prefix.startsWith("/") || prefix.split("/").some((part) => part === "." || part === "..")
    ? [`output.prefix is ${JSON.stringify(prefix)}: write it without a leading "/", "." and ".."`]
    : [];
}

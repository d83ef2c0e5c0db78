import * as v from "valibot";
import { RecipeError } from "./error.ts";
import type { Preset, Recipe } from "./recipe.ts";
import {
  describeIssues,
  type PresetDraft,
  type RecipeDraft,
  type RecipeInput,
  recipeSchema,
} from "./schema.ts";
import type { Size } from "./size.ts";
import { checkTemplate } from "./template.ts";

/**
 * WebP shows everywhere since 2020 and encodes an order of magnitude faster than AVIF: the format
 * of a preset that names none. The qualities are those at which the formats look alike.
 */
const DEFAULT_FORMAT = "webp";
const DEFAULT_QUALITY = { jpeg: 80, webp: 78, avif: 55, png: 100 } as const;

/**
 * The recipe that `recipe.ts` exports.
 *
 * @throws RecipeError naming each wrong field, its value and the fix
 */
export function defineRecipe(input: RecipeInput): Recipe {
  return parseRecipe(input);
}

/**
 * A recipe from outside (a file's default export), checked again: a file may export anything. What
 * `defineRecipe` gave is taken as it is.
 *
 * @throws RecipeError naming each wrong field, its value and the fix
 */
export function parseRecipe(input: unknown): Recipe {
  if (isDefined(input)) return input;
  const lists = listsForObjects(input);
  if (lists.length > 0) throw new RecipeError(lists);
  const parsed = v.safeParse(recipeSchema, input);
  if (!parsed.success) throw new RecipeError(describeIssues(parsed.issues));
  const recipe = complete(parsed.output);
  DEFINED.add(recipe);
  return recipe;
}

/** To valibot a list is an object without fields: it would pass, and mean nothing. */
function listsForObjects(input: unknown): string[] {
  if (typeof input !== "object" || input === null) return [];
  const presets = "presets" in input ? Object.entries(Object(input.presets)) : [];
  const entries = [
    ...Object.entries(input),
    ...presets.map(([name, value]) => [`presets.${name}`, value] as const),
  ];
  return entries
    .filter(([, value]) => Array.isArray(value))
    .map(([name]) => `${name} is a list: write an object`);
}

const DEFINED = new WeakSet<object>();

function isDefined(input: unknown): input is Recipe {
  return typeof input === "object" && input !== null && DEFINED.has(input);
}

function complete(draft: RecipeDraft): Recipe {
  const faults: string[] = [];
  const entries = Object.entries(draft.presets);
  if (entries.length === 0) faults.push('presets is empty: write at least one, thumb: "150x150"');

  const presets = entries.map(([name, value]) => completePreset(name, value, faults));
  faults.push(...checkTemplate(draft.output.key, presets), ...checkPrefix(draft));
  if (faults.length > 0) throw new RecipeError(faults);
  return Object.freeze({ ...draft, presets: Object.freeze(presets) });
}

function completePreset(name: string, value: Size | PresetDraft, faults: string[]): Preset {
  const draft = v.is(v.looseObject({ enlarge: v.boolean() }), value)
    ? value
    : { size: value, enlarge: false, background: "#ffffff" };
  const { size, width, height, fit, format = DEFAULT_FORMAT, quality, enlarge, background } = draft;
  if (size !== undefined && (width !== undefined || height !== undefined)) {
    faults.push(`presets.${name} has a size and a width or height: keep one of the two`);
  }
  const sides = size ?? {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
  const box = sides.width !== undefined && sides.height !== undefined;
  if (fit !== undefined && fit !== "inside" && !box) {
    faults.push(`presets.${name}.fit is "${fit}": that needs a width and a height`);
  }
  return Object.freeze({
    name,
    ...sides,
    fit: fit ?? "inside",
    format,
    quality: quality ?? DEFAULT_QUALITY[format],
    enlarge,
    background,
  });
}

/** S3 keeps keys of at most 1,024 bytes, and `/a` is another key than `a`. */
function checkPrefix(draft: RecipeDraft): string[] {
  const { prefix } = draft.output;
  return prefix.startsWith("/") || prefix.split("/").some((part) => part === "." || part === "..")
    ? [`output.prefix is ${JSON.stringify(prefix)}: write it without a leading "/", "." and ".."`]
    : [];
}

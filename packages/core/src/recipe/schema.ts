import { distance } from "fastest-levenshtein";
import * as v from "valibot";
import { flag, oneOf, show, text, wholeNumber } from "./fields.ts";
import { formats, presetObject, size } from "./preset-schema.ts";
import { DAMAGED, OUTPUT_FORMATS } from "./recipe.ts";
import { MAX_SIDE, SIZE_FORMS } from "./size.ts";

const MIB = 1024 * 1024;

const adhoc = v.strictObject({
  maxWidth: v.optional(wholeNumber(1, MAX_SIDE), 2048),
  maxHeight: v.optional(wholeNumber(1, MAX_SIDE), 2048),
  formats: v.optional(formats, ["webp", "jpeg"]),
});

/** The shape of what a person writes in `recipe.ts`; unknown fields are issues. */
export const recipeSchema = v.strictObject({
  source: v.optional(
    v.strictObject({
      prefix: v.optional(text, ""),
      suffixes: v.optional(
        v.array(text, (issue) => `is ${show(issue.input)}: write a list such as [".jpg", ".png"]`),
        [],
      ),
      heic: v.optional(flag(), true),
      svg: v.optional(flag(), false),
      damaged: v.optional(oneOf(DAMAGED), "reject"),
    }),
    {},
  ),
  output: v.optional(
    v.strictObject({
      prefix: v.optional(text, ""),
      key: v.optional(text, "{preset}/{path}.{ext}"),
      cacheControl: v.optional(text, "public, max-age=86400, stale-while-revalidate=604800"),
    }),
    {},
  ),
  limits: v.optional(
    v.strictObject({
      bytes: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER), 8192 * MIB),
      pixels: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER), 2_000_000_000),
      pages: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER), 10_000),
      seconds: v.optional(wholeNumber(1, 3600), 300),
    }),
    {},
  ),
  lanes: v.optional(
    v.strictObject({
      smallBytes: v.optional(wholeNumber(1, 1024 * MIB), 20 * MIB),
    }),
    {},
  ),
  delivery: v.optional(
    v.strictObject({
      classic: v.optional(flag(), false),
      manifests: v.optional(flag(), false),
      adhoc: v.exactOptional(adhoc),
    }),
  ),
  presets: v.record(
    v.pipe(
      v.string(),
      v.regex(
        /^[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9_-])?$/,
        "is not a preset name: use 1 to 64 of a-z, 0-9, - _ and . inside, starting with a letter or digit",
      ),
    ),
    v.union([size, presetObject], (issue) =>
      typeof issue.input === "object" && issue.input !== null
        ? "is not valid"
        : `is ${show(issue.input)}: write a size (${SIZE_FORMS}) or an object such as { size: "640w", format: "webp" }`,
    ),
    (issue) => `is ${show(issue.input)}: write presets: { thumb: "150x150", … }`,
  ),
});

/** What a person writes: every field but `presets` may be left out. Parts of it may be constants. */
export type RecipeInput = DeepReadonly<v.InferInput<typeof recipeSchema>>;

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;
export type RecipeDraft = v.InferOutput<typeof recipeSchema>;

/** One issue a line: `presets.thumb.format is "jpg2": use one of …`. */
export function describeIssues(
  issues: readonly v.BaseIssue<unknown>[],
  outer: readonly string[] = [],
): string[] {
  return issues.flatMap((issue) => {
    const path = [...outer, ...(issue.path ?? []).map(({ key }) => String(key))];
    const at = path.join(".");
    // A union says only that no branch fitted; the branch that the person meant says why.
    const meant = issue.issues?.filter((inner) => inner.path !== undefined);
    if (issue.type === "union" && typeof issue.input === "object" && meant?.length) {
      return describeIssues(meant, path);
    }
    if (issue.type === "union" && typeof issue.input === "string" && issue.issues?.[0]) {
      return describeIssues([issue.issues[0]], path);
    }
    if (issue.type === "strict_object" && issue.expected === "never") {
      return [`${at} is not a field here${suggestion(path)}`];
    }
    if (issue.type === "strict_object" && issue.input === undefined && at === "presets") {
      return ['presets is missing: write presets: { thumb: "150x150", … }'];
    }
    if (issue.type === "strict_object" && issue.input === undefined && path.length > 1) {
      return [`${at} is missing: write a number from 0 to 1`];
    }
    if (issue.type === "strict_object") {
      return [`${at || "the recipe"} is ${show(issue.input)}: write an object`];
    }
    return [`${at || "the recipe"} ${issue.message}`];
  });
}

function suggestion(path: readonly string[]): string {
  const name = path.at(-1) ?? "";
  const names = fieldsOf(path.slice(0, -1));
  const near = names
    .map((known) => ({ known, far: distance(known.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)[0];
  return near !== undefined && near.far <= Math.max(2, name.length / 3)
    ? `: did you mean "${near.known}"?`
    : `: the fields are ${names.join(", ")}`;
}

/** The fields of the object at a path of the recipe. */
function fieldsOf([first, second, field]: readonly string[]): readonly string[] {
  const { entries } = recipeSchema;
  switch (first) {
    case undefined:
      return Object.keys(entries);
    case "source":
    case "output":
    case "limits":
    case "lanes":
      return Object.keys(entries[first].wrapped.entries);
    case "delivery":
      if (second === "adhoc") return Object.keys(adhoc.entries);
      return Object.keys(entries[first].wrapped.entries);
    default:
      break;
  }
  switch (field) {
    case "focus":
      return ["x", "y"];
    case "when":
    case "quality":
    case "effort":
      return OUTPUT_FORMATS;
    default:
      return Object.keys(presetObject.entries);
  }
}

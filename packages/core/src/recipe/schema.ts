import { distance } from "fastest-levenshtein";
import * as v from "valibot";
import { FITS, OUTPUT_FORMATS } from "./recipe.ts";
import { MAX_SIDE, parseSize, SIZE_FORMS } from "./size.ts";

const MIB = 1024 * 1024;

const side = v.pipe(
  v.number((issue) => `is ${show(issue.input)}: write a number of px`),
  v.integer((issue) => `is ${issue.input}: write a whole number of px`),
  v.minValue(1, (issue) => `is ${issue.input}: write a number of px from 1 to ${MAX_SIDE}`),
  v.maxValue(
    MAX_SIDE,
    (issue) => `is ${issue.input}: write a number of px from 1 to ${MAX_SIDE} (WebP's own limit)`,
  ),
);

const size = v.pipe(
  v.string((issue) => `is ${show(issue.input)}: write a size as ${SIZE_FORMS}`),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parsed = parseSize(dataset.value);
    if (parsed === undefined) {
      addIssue({ message: `is ${show(dataset.value)}: write a size as ${SIZE_FORMS}` });
      return NEVER;
    }
    for (const value of [parsed.width, parsed.height]) {
      if (value !== undefined && (value < 1 || value > MAX_SIDE)) {
        addIssue({
          message: `is ${show(dataset.value)}: each side must be from 1 to ${MAX_SIDE} px`,
        });
        return NEVER;
      }
    }
    return parsed;
  }),
);

const presetObject = v.strictObject({
  size: v.optional(size),
  width: v.optional(side),
  height: v.optional(side),
  fit: v.optional(oneOf(FITS)),
  enlarge: v.optional(flag(), false),
  format: v.optional(oneOf(OUTPUT_FORMATS)),
  quality: v.optional(wholeNumber(1, 100)),
  background: v.optional(
    v.pipe(
      v.string((issue) => `is ${show(issue.input)}: write a colour as "#rrggbb"`),
      v.regex(
        /^#[0-9a-f]{6}$/i,
        (issue) => `is ${show(issue.input)}: write a colour as "#rrggbb", for example "#ffffff"`,
      ),
      v.toLowerCase(),
    ),
    "#ffffff",
  ),
});

const text = v.string((issue) => `is ${show(issue.input)}: write a text`);

/** The shape of what a person writes in `recipe.ts`; unknown fields are faults. */
export const recipeSchema = v.strictObject({
  source: v.optional(
    v.strictObject({
      prefix: v.optional(text, ""),
      suffixes: v.optional(
        v.array(text, (issue) => `is ${show(issue.input)}: write a list such as [".jpg", ".png"]`),
        [],
      ),
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
    }),
    {},
  ),
  lanes: v.optional(
    v.strictObject({
      smallBytes: v.optional(wholeNumber(1, 1024 * MIB), 20 * MIB),
    }),
    {},
  ),
  presets: v.record(
    v.pipe(
      v.string(),
      v.regex(
        /^[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9_-])?$/,
        "is no name for a preset: use 1 to 64 of a-z, 0-9, - _ and . inside, beginning with a letter or digit",
      ),
    ),
    v.union([size, presetObject], (issue) =>
      typeof issue.input === "object" && issue.input !== null
        ? "has a fault"
        : `is ${show(issue.input)}: write a size (${SIZE_FORMS}) or an object such as { size: "640w", format: "webp" }`,
    ),
    (issue) => `is ${show(issue.input)}: write presets: { thumb: "150x150", … }`,
  ),
});

/** What a person writes: every field but `presets` may be left out. */
export type RecipeInput = v.InferInput<typeof recipeSchema>;
export type RecipeDraft = v.InferOutput<typeof recipeSchema>;
export type PresetDraft = v.InferOutput<typeof presetObject>;

/** One fault a line: `presets.thumb.format is "jpg2": use one of …`. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[], path = ""): string[] {
  return issues.flatMap((issue) => {
    const at = join(path, v.getDotPath(issue));
    // A union says only that no branch fitted; the branch that the person meant says why.
    const meant = issue.issues?.filter((inner) => inner.path !== undefined);
    if (issue.type === "union" && typeof issue.input === "object" && meant?.length) {
      return describeIssues(meant, at);
    }
    if (issue.type === "union" && typeof issue.input === "string" && issue.issues?.[0]) {
      return describeIssues([issue.issues[0]], at);
    }
    if (issue.type === "strict_object" && issue.expected === "never") {
      return [`${at} is not a field here${suggestion(at)}`];
    }
    if (issue.type === "strict_object" && issue.input === undefined && at === "presets") {
      return ['presets is missing: write presets: { thumb: "150x150", … }'];
    }
    if (issue.type === "strict_object") {
      return [`${at || "the recipe"} is ${show(issue.input)}: write an object`];
    }
    return [`${at || "the recipe"} ${issue.message}`];
  });
}

function suggestion(at: string): string {
  const dot = at.lastIndexOf(".");
  const name = at.slice(dot + 1);
  const names = fieldsOf(at.slice(0, Math.max(0, dot)));
  const near = names
    .map((known) => ({ known, far: distance(known.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)[0];
  return near !== undefined && near.far <= Math.max(2, name.length / 3)
    ? `: did you mean "${near.known}"?`
    : `: the fields are ${names.join(", ")}`;
}

/** The fields of the object at a path of the recipe. */
function fieldsOf(path: string): readonly string[] {
  const { entries } = recipeSchema;
  switch (path) {
    case "":
      return Object.keys(entries);
    case "source":
    case "output":
    case "limits":
    case "lanes":
      return Object.keys(entries[path].wrapped.entries);
    default:
      return Object.keys(presetObject.entries);
  }
}

function join(path: string, more: string | null): string {
  if (more === null) return path;
  return path === "" ? more : `${path}.${more}`;
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return v.picklist(values, (issue) => `is ${show(issue.input)}: use one of ${values.join(", ")}`);
}

function flag() {
  return v.boolean((issue) => `is ${show(issue.input)}: write true or false`);
}

function wholeNumber(from: number, to: number) {
  const message = (issue: { input: unknown }) =>
    `is ${show(issue.input)}: write a whole number from ${from} to ${to}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(from, message),
    v.maxValue(to, message),
  );
}

function show(value: unknown): string {
  return typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
}

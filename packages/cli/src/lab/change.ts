import type { Encoding } from "@imagefleet/core/measuring";
import {
  EFFORTS,
  type Preset,
  parseRecipe,
  presetLabel,
  RecipeError,
} from "@imagefleet/core/recipe";
import * as v from "valibot";
import { TUNED_FORMATS, type TunedFormat } from "../tuning/setting.ts";
import type { Chosen } from "../tuning/write.ts";
import { UsageError } from "../usage-error.ts";

/** A field of a preset that can be changed; numbers have a range. */
interface Editable {
  readonly field: "quality" | "effort" | "mozjpeg";
  readonly from?: number;
  readonly to?: number;
}

const QUALITY = { field: "quality", from: 1, to: 100 } as const;

/** The fields that can be changed of each format. */
export const EDITABLE: Readonly<Record<TunedFormat, readonly Editable[]>> = {
  jpeg: [QUALITY, { field: "mozjpeg" }],
  webp: [QUALITY, { field: "effort", from: EFFORTS.webp[0], to: EFFORTS.webp[1] }],
  avif: [QUALITY, { field: "effort", from: EFFORTS.avif[0], to: EFFORTS.avif[1] }],
};

function is(what: string) {
  return ({ input }: { readonly input: unknown }) => `is ${JSON.stringify(input)}: ${what}`;
}

const changeSchema = v.strictObject(
  {
    preset: v.string(is("write the name of a preset")),
    /** One of the preset's widths. */
    label: v.exactOptional(v.string(is("write the label of a preset, such as hero-400w"))),
    format: v.picklist(TUNED_FORMATS, is(`use one of ${TUNED_FORMATS.join(", ")}`)),
    quality: v.exactOptional(v.number(is("write a whole number from 1 to 100"))),
    effort: v.exactOptional(v.number(is("write a whole number"))),
    mozjpeg: v.exactOptional(v.boolean(is("write true or false"))),
  },
  ({ expected, input }) =>
    `${expected === "never" ? "is not a field of a change" : `is ${JSON.stringify(input)}`}: write { preset, label?, format, quality?, effort?, mozjpeg? }`,
);

/**
 * Another setting of one format of a preset. What is absent stays as the recipe has it; for a format that
 * the preset does not have, it is the default of the format.
 */
export type Change = Readonly<v.InferOutput<typeof changeSchema>>;

/**
 * A change from outside. Whether it suits a recipe, {@link encodingOf} says.
 *
 * @throws UsageError naming each wrong field, its value and the fix
 */
export function readChange(input: unknown): Change {
  const parsed = v.safeParse(changeSchema, input);
  if (parsed.success) return parsed.output;
  const issues = parsed.issues.map(
    (issue) => `${v.getDotPath(issue) ?? "the change"} ${issue.message}`,
  );
  throw new UsageError(issues.join("; "));
}

/** One change for each format of a preset, or of one of its widths. Of two values, the later one counts. */
export function mergeChanges(changes: readonly Change[]): Change[] {
  const groups = Map.groupBy(changes, ({ preset, label, format }) =>
    JSON.stringify([preset, label, format]),
  );
  return [...groups.values()].map(([first, ...rest]) => Object.assign({}, first, ...rest));
}

/**
 * The setting that a change asks for.
 *
 * @param presets of the recipe
 * @throws UsageError for a preset or label that the recipe does not have, and for values that it would not
 * accept
 */
export function encodingOf(
  { preset, label, format, ...values }: Change,
  presets: readonly Preset[],
): Encoding {
  const own = presets.filter(({ name }) => name === preset);
  oneOf("preset", preset, new Set(presets.map(({ name }) => name)));
  if (label !== undefined) oneOf("label", label, new Set(own.map(presetLabel)));
  const { quality, effort, mozjpeg } = own.find((each) => each.format === format) ?? {};
  const draft = { format, quality, effort, mozjpeg, ...values };
  try {
    const [checked] = parseRecipe({ presets: { [preset]: draft } }).presets;
    if (checked === undefined) throw new RangeError("a recipe has at least one preset");
    return encodingIn(checked);
  } catch (error) {
    if (error instanceof RecipeError)
      throw new UsageError(error.issues.join("; "), { cause: error });
    throw error;
  }
}

/** How a preset is encoded. */
export function encodingIn({ format, quality, effort, mozjpeg, palette }: Preset): Encoding {
  return {
    format,
    quality,
    ...(effort !== undefined && { effort }),
    ...(mozjpeg && { mozjpeg }),
    ...(palette && { palette }),
  };
}

/**
 * The values of a change that are not those of the recipe.
 *
 * @param file the name of the recipe, for a message
 * @throws UsageError for a format that the preset does not have, and as {@link encodingOf}
 */
export function chosenOf(change: Change, presets: readonly Preset[], file: string): Chosen {
  const { preset: name, format } = change;
  const { quality, effort, mozjpeg = false } = encodingOf(change, presets);
  const now = presets.find((each) => each.name === name && each.format === format);
  if (now === undefined) {
    throw new UsageError(
      `preset ${name} of ${file} has no format ${format}: add it to its formats first`,
    );
  }
  return {
    name,
    format,
    ...(quality !== now.quality && { quality }),
    ...(effort !== undefined && effort !== now.effort && { effort }),
    ...(mozjpeg !== (now.mozjpeg ?? false) && { mozjpeg }),
  };
}

function oneOf(field: string, value: string, known: ReadonlySet<string>): void {
  if (known.has(value)) return;
  throw new UsageError(
    `${field} is ${JSON.stringify(value)}, which the recipe does not have: use one of ${[...known].join(", ")}`,
  );
}

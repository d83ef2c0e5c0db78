import * as v from "valibot";
import { color, flag, oneOf, show, wholeNumber } from "./fields.ts";
import { COLORS, ENCODINGS, FITS, GRAVITIES, KEEPS, OUTPUT_FORMATS, WHENS } from "./recipe.ts";
import { MAX_SIDE, parseSize, SIZE_FORMS } from "./size.ts";

const side = v.pipe(
  v.number((issue) => `is ${show(issue.input)}: write a number of px`),
  v.integer((issue) => `is ${issue.input}: write a whole number of px`),
  v.minValue(1, (issue) => `is ${issue.input}: write a number of px from 1 to ${MAX_SIDE}`),
  v.maxValue(
    MAX_SIDE,
    (issue) => `is ${issue.input}: write a number of px from 1 to ${MAX_SIDE} (WebP's own limit)`,
  ),
);

/** A size in its short form. */
export const size = v.pipe(
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

/** As many as a `srcset` can sensibly hold; each is an encode. */
const MAX_WIDTHS = 16;

const LIST_OF_WIDTHS = "write a list of px such as [320, 640, 1280]";

const widths = v.pipe(
  v.array(side, (issue) => `is ${show(issue.input)}: ${LIST_OF_WIDTHS}`),
  v.minLength(1, `is empty: ${LIST_OF_WIDTHS}`),
  v.maxLength(MAX_WIDTHS, (issue) => `has ${issue.input.length}: write at most ${MAX_WIDTHS}`),
  v.check(
    (list) => new Set(list).size === list.length,
    (issue) => `is ${show(issue.input)}: a width is listed twice; keep one`,
  ),
  v.transform((list) => [...list].sort((a, b) => a - b)),
);

/** A list of formats, the preferred one first. */
export const formats = v.pipe(
  v.array(
    oneOf(OUTPUT_FORMATS),
    (issue) => `is ${show(issue.input)}: write a list such as ["avif", "webp", "jpeg"]`,
  ),
  v.minLength(1, 'is empty: write a list such as ["avif", "webp", "jpeg"]'),
  v.check(
    (list) => new Set(list).size === list.length,
    (issue) => `is ${show(issue.input)}: a format is listed twice; keep one`,
  ),
);

const share = v.pipe(
  v.number((issue) => `is ${show(issue.input)}: write a number from 0 to 1`),
  v.minValue(0, (issue) => `is ${issue.input}: write a number from 0 to 1`),
  v.maxValue(1, (issue) => `is ${issue.input}: write a number from 0 to 1`),
);

/** One value for all formats, or one for each by its name. */
function perFormat<const Schema extends v.GenericSchema>(value: Schema) {
  const one = v.optional(value);
  const each = v.strictObject({ jpeg: one, png: one, webp: one, avif: one, gif: one });
  return v.lazy((input) => (typeof input === "object" ? each : value));
}

/** What a person writes for one preset; unknown fields are issues. */
export const presetObject = v.strictObject({
  size: v.optional(size),
  width: v.optional(side),
  height: v.optional(side),
  widths: v.optional(widths),
  fit: v.optional(oneOf(FITS)),
  gravity: v.optional(oneOf(GRAVITIES)),
  focus: v.optional(
    v.strictObject({ x: share, y: share }, "needs both: write { x: 0.5, y: 0.3 }, from 0 to 1"),
  ),
  enlarge: v.optional(flag(), false),
  format: v.optional(oneOf(OUTPUT_FORMATS)),
  formats: v.optional(formats),
  quality: v.optional(perFormat(wholeNumber(1, 100))),
  effort: v.optional(perFormat(wholeNumber(0, 10))),
  mozjpeg: v.optional(flag()),
  palette: v.optional(flag()),
  encoding: v.optional(oneOf(ENCODINGS)),
  animated: v.optional(flag()),
  fallback: v.optional(oneOf(["source"])),
  background: v.optional(color, "#ffffff"),
  color: v.optional(oneOf(COLORS)),
  keep: v.optional(
    v.array(
      oneOf(KEEPS),
      (issue) => `is ${show(issue.input)}: write a list such as ["copyright", "icc"]`,
    ),
  ),
  when: v.optional(perFormat(oneOf(WHENS))),
});

export type PresetDraft = v.InferOutput<typeof presetObject>;

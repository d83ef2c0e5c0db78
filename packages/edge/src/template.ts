import { EXTENSIONS, presetLabel, type Recipe } from "@imagefleet/core/recipe-types";

/** The extension of addresses whose format the viewer's `Accept` decides. */
const NEGOTIATED = "auto";

/** The extensions of each preset label, in the recipe's order. */
export type Labels = ReadonlyMap<string, readonly string[]>;

export function labelsOf(recipe: Recipe): Labels {
  const labels = new Map<string, string[]>();
  for (const preset of recipe.presets) {
    const label = presetLabel(preset);
    labels.set(label, [...(labels.get(label) ?? []), EXTENSIONS[preset.format]]);
  }
  return labels;
}

type Word = "preset" | "path" | "ext";

/** The texts and words of a recipe's keys, prefix included. */
function partsOf({ output }: Recipe): (string | { readonly word: Word })[] {
  const parts = output.key.split(/(\{(?:preset|path|ext)\})/).map((part) => {
    const word = WORDS.find((each) => part === `{${each}}`);
    return word === undefined ? part : { word };
  });
  return [output.prefix, ...parts].filter((part) => part !== "");
}

const WORDS: readonly Word[] = ["preset", "path", "ext"];

/**
 * A regular expression, as source text, that finds preset, path and extension in a key, with the
 * numbers of their groups; 0: the recipe's keys do not contain it.
 *
 * Not `$` at the end: in the engine of CloudFront Functions it also matches before a last line break.
 */
export function shapeOf(recipe: Recipe) {
  const groups = { preset: 0, path: 0, ext: 0 };
  const extensions = new Set(recipe.presets.map(({ format }) => EXTENSIONS[format]));
  const patterns = {
    preset: "([^\\/]+)",
    path: "([\\s\\S]+)",
    ext: `(${[...extensions, NEGOTIATED].join("|")})`,
  };
  let count = 0;
  const pattern = partsOf(recipe).map((part) => {
    if (typeof part === "string") return RegExp.escape(part);
    const { word } = part;
    // The second time it stands for the same as the first.
    if (groups[word] > 0) return `(?:\\${groups[word]})`;
    groups[word] = ++count;
    return patterns[word];
  });
  return { groups, pattern: `/^${pattern.join("")}(?![\\s\\S])/` };
}

/** An expression of `preset`, `path` and `ext` that is the key. */
export function keyExpression(recipe: Recipe): string {
  return partsOf(recipe)
    .map((part) => (typeof part === "string" ? literal(part) : part.word))
    .join(" + ");
}

/** A text as JavaScript. */
export function literal(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/**
 * The path patterns of cache behaviors that have all negotiated addresses, so that their response headers
 * policy gives `Vary: Accept` to the answers that no function sees; empty where there are none. They
 * have more than these where `{ext}` is not at the end of `output.key`. CloudFront compares patterns with
 * the address that the viewer asked for, and characters other than these may not be in one:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
 *
 * @example
 * negotiatedPatterns(recipe); // of "{preset}/{path}.{ext}": a star for preset and path each, then ".auto"
 */
export function negotiatedPatterns(recipe: Recipe): readonly string[] {
  const pattern = partsOf(recipe).map((part) => {
    if (typeof part === "string") return part.replace(/[^\w./-]+/g, "*");
    return part.word === "ext" ? NEGOTIATED : "*";
  });
  return [
    ...(shapeOf(recipe).groups.ext > 0 ? [`/${pattern.join("")}`] : []),
    ...(recipe.delivery?.adhoc ? [`/s/*.${NEGOTIATED}`] : []),
  ];
}

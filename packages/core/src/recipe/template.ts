import { distance } from "fastest-levenshtein";
import { EXTENSIONS, type Preset, presetLabel } from "./recipe.ts";

/**
 * The words of `output.key`:
 * `{path}` the source's key without `source.prefix`, extension and all; `{preset}`; `{ext}`.
 */
const PLACEHOLDERS = ["preset", "path", "ext"] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/** Manifests live here; no preset may write among them. */
export const MANIFEST_FOLDER = "manifests";

const ANY_PLACEHOLDER = /\{([^{}]*)\}/g;

/** The issues of a key template: two renditions must never have the same key. */
export function checkTemplate(template: string, presets: readonly Preset[]): string[] {
  const issues: string[] = [];
  const at = `output.key is ${JSON.stringify(template)}`;
  const words = [...template.matchAll(ANY_PLACEHOLDER)].map((match) => match[1] ?? "");
  for (const word of words) {
    if (PLACEHOLDERS.some((known) => known === word)) continue;
    const near = PLACEHOLDERS.find((known) => distance(known, word) <= 2);
    issues.push(
      `${at}: {${word}} is unknown; ${near ? `did you mean {${near}}?` : `use ${PLACEHOLDERS.map((p) => `{${p}}`).join(" ")}`}`,
    );
  }
  if (!words.includes("path")) {
    issues.push(`${at}: without {path} two sources would have the same key; add it`);
  }
  const labels = new Set(presets.map(presetLabel));
  if (!words.includes("preset") && labels.size > 1) {
    const names = new Set(presets.map(({ name }) => name));
    const two = names.size > 1 ? "presets" : "widths";
    issues.push(`${at}: without {preset} two ${two} would have the same key; add it`);
  }
  if (!words.includes("ext") && labels.size < presets.length) {
    issues.push(`${at}: without {ext} two formats of one preset would have the same key; add it`);
  }
  // "{path}-{preset}": path "x" of preset "b-a" and path "x-b" of preset "a" would share "x-b-a".
  // With a "/" between them, the preset is the one segment at its place from the start or the end.
  if (template.split("/").some((part) => part.includes("{path}") && part.includes("{preset}"))) {
    issues.push(
      `${at}: with {path} and {preset} in one name two renditions could have the same key; put a "/" between them`,
    );
  }
  if (words.filter((word) => word === "path").length > 1) {
    issues.push(`${at}: {path} occurs twice; keep one`);
  }
  if (/^\/|(^|\/)\.{1,2}(\/|$)/.test(template)) {
    issues.push(`${at}: write it without a leading "/", "." and ".."`);
  }
  const first = template.split("/")[0] ?? "";
  const collides =
    first === MANIFEST_FOLDER ||
    first === "{path}" ||
    [...labels].some((label) => first.replaceAll("{preset}", label) === MANIFEST_FOLDER);
  if (collides && template.includes("/")) {
    issues.push(
      `${at}: it would write into "${MANIFEST_FOLDER}/", where the manifests are; begin with another folder or rename the preset`,
    );
  }
  const [lead = "", ...rest] = first.split("{path}");
  if (rest.length > 0 && MANIFEST_FOLDER.startsWith(lead) && !template.endsWith(".{ext}")) {
    issues.push(`${at}: it could be a manifest's key; end it with ".{ext}"`);
  }
  return issues;
}

/**
 * The issues of names that would collide: `hero` with a width of 640 is called `hero-640w` in keys,
 * and nothing else may be.
 */
export function checkLabels(presets: readonly Preset[]): string[] {
  const plain = new Set(presets.filter((one) => !one.responsive).map(({ name }) => name));
  const taken = presets.filter((one) => one.responsive && plain.has(presetLabel(one)));
  return [...new Set(taken.map((one) => `${presetLabel(one)} ${one.name}`))].map((pair) => {
    const [label, name] = pair.split(" ");
    return `presets.${label} is also the name of ${name} at one of presets.${name}.widths: rename one of the two`;
  });
}

/** What `{preset}` can stand for in any recipe: a preset's name, and one of its widths. */
const ANY_LABEL = "[a-z0-9][a-z0-9_.-]{0,63}(?:-[1-9][0-9]*w)?";

/**
 * Could some recipe with this template, whatever its presets and formats, have given the rendition
 * of a source's path this key?
 *
 * @example
 * fitsTemplate("{preset}/{path}.{ext}", "cats/tom.jpg", "thumb/cats/tom.jpg.webp"); // true
 */
export function fitsTemplate(template: string, path: string, filled: string): boolean {
  const seen = new Set<string>();
  const pattern = template
    .split(/(\{[^{}]*\})/)
    .map((part) => {
      const word = PLACEHOLDERS.find((known) => part === `{${known}}`);
      if (word === undefined) return RegExp.escape(part);
      if (word === "path") return RegExp.escape(path);
      // The second time it stands for the same as the first.
      if (seen.has(word)) return `\\k<${word}>`;
      seen.add(word);
      return `(?<${word}>${word === "ext" ? Object.values(EXTENSIONS).join("|") : ANY_LABEL})`;
    })
    .join("");
  return new RegExp(`^${pattern}$`, "u").test(filled);
}

/**
 * Fills a checked template in.
 *
 * @example
 * const words = { preset: "thumb", path: "cats/tom.jpg", ext: "webp" };
 * fillTemplate("{preset}/{path}.{ext}", words); // "thumb/cats/tom.jpg.webp"
 */
export function fillTemplate(template: string, words: Record<Placeholder, string>): string {
  // The path is last, because only a path can contain braces.
  return template
    .replaceAll("{preset}", words.preset)
    .replaceAll("{ext}", words.ext)
    .replaceAll("{path}", () => words.path);
}

import { Rejection } from "../outcome/index.ts";
// Not by recipe's index, whose fingerprints need Node: this module is part of the browser's client.
import { EXTENSIONS, type Preset, presetLabel, type Recipe } from "../recipe/recipe.ts";
import { fillTemplate, MANIFEST_FOLDER } from "../recipe/template.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/**
 * Where a preset's rendition of a source goes. No two pairs of source and preset share a key: the
 * whole source path, extension included, is in it, and so are the preset's width and format where
 * it has several.
 *
 * @throws Rejection `RecipeUnsatisfiable` when the key would be longer than S3's 1,024 bytes
 *
 * @example
 * recipe.presets.map((preset) => renditionKey(recipe, preset, "cats/tom.jpg")); // thumb/cats/tom.jpg.webp
 */
export function renditionKey(recipe: Recipe, preset: Preset, sourceKey: string): string {
  const filled = fillTemplate(recipe.output.key, {
    preset: presetLabel(preset),
    path: sourcePath(recipe, sourceKey),
    ext: EXTENSIONS[preset.format],
  });
  return checked(`${recipe.output.prefix}${filled}`, `the rendition "${presetLabel(preset)}"`);
}

/**
 * Where a source's manifest goes.
 *
 * @throws Rejection `RecipeUnsatisfiable` when the key would be longer than S3's 1,024 bytes
 *
 * @example
 * manifestKey(recipe, "cats/tom.jpg"); // "manifests/cats/tom.jpg.json"
 */
export function manifestKey(recipe: Recipe, sourceKey: string): string {
  const path = sourcePath(recipe, sourceKey);
  return checked(`${recipe.output.prefix}${MANIFEST_FOLDER}/${path}.json`, "the manifest");
}

/**
 * The source's key as it stands in the keys of its renditions: without `source.prefix`, made safe.
 *
 * @example
 * sourcePath(recipe, "cats/100%.jpg"); // "cats/100%25.jpg"
 */
export function sourcePath(recipe: Recipe, sourceKey: string): string {
  const { prefix } = recipe.source;
  const rest = sourceKey.startsWith(prefix) ? sourceKey.slice(prefix.length) : sourceKey;
  return rest.split("/").map(safeSegment).join("/");
}

/**
 * The key of the source of such a path; undefined when no source has it.
 *
 * @example
 * sourceKeyOf(recipe, "cats/100%25.jpg"); // "cats/100%.jpg"
 */
export function sourceKeyOf(recipe: Recipe, path: string): string | undefined {
  const raw = path
    .split("/")
    .map((segment) => (segment === "%2F" ? "" : segment.replace(ENCODED, decoded)))
    .join("/");
  const key = `${recipe.source.prefix}${raw}`;
  return sourcePath(recipe, key) === path ? key : undefined;
}

const ENCODED = /%([0-9A-F]{2})/g;

function decoded(_whole: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** What stands before and after a source's path in the keys of one preset, or of the manifests. */
export interface KeyPattern {
  readonly before: string;
  readonly after: string;
}

/**
 * What stands before and after a source's path in the keys of each preset, in the recipe's order.
 *
 * @example
 * renditionPatterns(recipe); // [{ before: "thumb/", after: ".webp" }, …]
 */
export function renditionPatterns(recipe: Recipe): KeyPattern[] {
  return recipe.presets.map((preset) => {
    const [before = "", after = ""] = recipe.output.key.split("{path}").map((part) =>
      fillTemplate(part, {
        preset: presetLabel(preset),
        path: "",
        ext: EXTENSIONS[preset.format],
      }),
    );
    return { before: `${recipe.output.prefix}${before}`, after };
  });
}

/**
 * What stands before and after a source's path in the keys of manifests.
 *
 * @example
 * manifestPattern(recipe); // { before: "manifests/", after: ".json" }
 */
export function manifestPattern(recipe: Recipe): KeyPattern {
  return { before: `${recipe.output.prefix}${MANIFEST_FOLDER}/`, after: ".json" };
}

/**
 * The source whose rendition or manifest has such a key by this recipe; undefined when none has.
 *
 * @example
 * sourceOfOutput(recipe, "manifests/cats/tom.jpg.json"); // "cats/tom.jpg"
 */
export function sourceOfOutput(recipe: Recipe, key: string): string | undefined {
  return sourceBy([manifestPattern(recipe), ...renditionPatterns(recipe)], recipe, key);
}

/**
 * The source whose manifest has such a key by this recipe; undefined when none has.
 *
 * @example
 * sourceOfManifest(recipe, "manifests/cats/tom.jpg.json"); // "cats/tom.jpg"
 */
export function sourceOfManifest(recipe: Recipe, key: string): string | undefined {
  return sourceBy([manifestPattern(recipe)], recipe, key);
}

function sourceBy(
  patterns: readonly KeyPattern[],
  recipe: Recipe,
  key: string,
): string | undefined {
  for (const { before, after } of patterns) {
    if (!key.startsWith(before) || !key.endsWith(after)) continue;
    if (key.length <= before.length + after.length) continue;
    const source = sourceKeyOf(recipe, key.slice(before.length, key.length - after.length));
    if (source !== undefined) return source;
  }
  return undefined;
}

/**
 * The preset and the source of the rendition that has such a key by this recipe; undefined when none
 * has.
 *
 * @example
 * renditionAt(recipe, "thumb/cats/tom.jpg.webp")?.sourceKey; // "cats/tom.jpg"
 */
export function renditionAt(
  recipe: Recipe,
  key: string,
): { readonly preset: Preset; readonly sourceKey: string } | undefined {
  const sourceKey = isKey(key) ? sourceOfOutput(recipe, key) : undefined;
  if (sourceKey === undefined) return undefined;
  const path = sourcePath(recipe, sourceKey);
  const at = renditionPatterns(recipe).findIndex(
    ({ before, after }) => key === `${before}${path}${after}`,
  );
  const preset = recipe.presets[at];
  return preset && { preset, sourceKey };
}

/**
 * A key's segment that can neither leave its folder nor break a header, a terminal or a URL. `%` is
 * encoded too, which keeps the mapping injective: two sources never meet in one path.
 */
function safeSegment(segment: string): string {
  if (segment === "") return "%2F";
  if (segment === ".") return "%2E";
  if (segment === "..") return "%2E%2E";
  return segment.replace(/[%\\\p{Cc}]/gu, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

function checked(key: string, what: string): string {
  if (isKey(key)) return key;
  throw new Rejection(
    "RecipeUnsatisfiable",
    `the key of ${what} would be ${bytesOf(key)} bytes and S3 takes ${MAX_KEY_BYTES}: shorten the source's key, output.prefix or the preset's name`,
  );
}

/** Whether S3 accepts a key of this length. */
function isKey(key: string): boolean {
  // UTF-8 has at most 3 bytes per UTF-16 code unit, so that most keys need not be encoded.
  return key.length * 3 <= MAX_KEY_BYTES || bytesOf(key) <= MAX_KEY_BYTES;
}

function bytesOf(key: string): number {
  return new TextEncoder().encode(key).length;
}

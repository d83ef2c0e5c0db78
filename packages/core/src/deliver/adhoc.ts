import { sourceKeyOf } from "../plan/index.ts";
import { EXTENSIONS, FITS, type Preset, parseRecipe, type Recipe } from "../recipe/index.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/**
 * A width, a height or both, then how the image fits both sides and the quality: in one order and
 * without what is the default, as the edge's function lets it through.
 */
const OPERATIONS =
  /^(?:w=([1-9]\d*)(?:,h=([1-9]\d*)(?:,fit=(\w+))?)?|h=([1-9]\d*))(?:,q=([1-9]\d?|100))?$/;

/**
 * What an ad-hoc key asks for: `adhoc/{operations}/{path}.{ext}` under `output.prefix`. Undefined: the
 * recipe permits no such size, or it is written in another way. Whether it was signed is decided at
 * the edge, and only CloudFront reaches this.
 *
 * @example
 * adhocAt(recipe, "adhoc/w=333,h=200,fit=cover,q=70/cats/tom.jpg.webp")?.sourceKey; // "cats/tom.jpg"
 */
export function adhocAt(
  recipe: Recipe,
  key: string,
): { readonly preset: Preset; readonly sourceKey: string } | undefined {
  const { adhoc } = recipe.delivery ?? {};
  const folder = `${recipe.output.prefix}adhoc/`;
  if (adhoc === undefined || !key.startsWith(folder)) return undefined;
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return undefined;
  const [operations = "", ...rest] = key.slice(folder.length).split("/");
  const name = rest.join("/");
  const dot = name.lastIndexOf(".");
  const format = adhoc.formats.find((each) => EXTENSIONS[each] === name.slice(dot + 1));
  const sourceKey = dot > 0 ? sourceKeyOf(recipe, name.slice(0, dot)) : undefined;
  const [, w, h, how, onlyHeight, q] = OPERATIONS.exec(operations) ?? [];
  const [width, height, quality] = [w, h ?? onlyHeight, q].map((text) => text && Number(text));
  const fit = FITS.find((each) => each === how && each !== "inside");
  const isPermitted =
    (width !== undefined || height !== undefined) &&
    Number(width ?? 1) <= adhoc.maxWidth &&
    Number(height ?? 1) <= adhoc.maxHeight &&
    fit === how;
  if (!isPermitted || format === undefined || sourceKey === undefined) return undefined;
  const size = { width, height, quality, fit };
  const given = Object.entries({ ...size, format }).filter(([, value]) => value !== undefined);
  // With the defaults of a preset.
  const [preset] = parseRecipe({ presets: { adhoc: Object.fromEntries(given) } }).presets;
  return preset && { preset, sourceKey };
}

import { manifestKey, renditionKey, sourcePath } from "@imagefleet/core/keys";
import type { PresetName } from "@imagefleet/core/recipe-definition";
import { presetLabel, type Recipe } from "@imagefleet/core/recipe-types";
import type { PictureManifest } from "./picture.ts";
import { autoKey, snapped } from "./preset-addresses.ts";
import { type AddressOptions, urlOf, versionQuery } from "./url.ts";

/** The part of a manifest that an address needs. */
export interface AddressManifest extends PictureManifest {
  readonly source: { readonly key: string; readonly etag?: string };
}

export interface AddressWidthOptions extends AddressOptions {
  /**
   * The width that is needed, in px. Of a preset with `widths`, the address is that of the narrowest
   * rendition that is at least as wide. More than 0. Default: the widest.
   */
  readonly width?: number;
}

/**
 * The address of an image in the best format for each browser: what a style, a plain `<img>` or a mail
 * takes. It is one address for all formats of a preset.
 *
 * @param image the manifest of a source; or the key of one, and then the address has no version, and
 *   leads to the source's own width where the source is narrower
 * @returns undefined where the manifest has no rendition of this preset: the source was rejected or
 *   deleted, or the preset is newer than the manifest
 * @throws Error when the recipe has no such preset; naming the width, the key or the base that is wrong
 *
 * @example
 * const base = "https://images.example.com";
 * const image = address(recipe, "hero", manifest, { base, width: 800 });
 * const style = image && `background-image: url(${image})`;
 */
export function address<R extends Recipe>(
  recipe: R,
  preset: PresetName<R>,
  image: string,
  options?: AddressWidthOptions,
): string;
export function address<R extends Recipe>(
  recipe: R,
  preset: PresetName<R>,
  image: string | AddressManifest,
  options?: AddressWidthOptions,
): string | undefined;
export function address<R extends Recipe>(
  recipe: R,
  preset: PresetName<R>,
  image: string | AddressManifest,
  { base = "/", version = true, width = Number.POSITIVE_INFINITY }: AddressWidthOptions = {},
): string | undefined {
  const presets = recipe.presets.filter(({ name }) => name === preset);
  if (presets.length === 0) {
    const names = new Set(recipe.presets.map(({ name }) => name));
    throw new Error(`the recipe has no preset "${preset}": use one of ${[...names].join(", ")}`);
  }
  if (!(width > 0)) {
    throw new Error(
      `width is ${width}: write a number of px above 0, or leave it out for the widest`,
    );
  }
  const isKey = typeof image === "string";
  const sourceKey = checkedKey(isKey ? image : image.source.key);
  const widths = isKey ? undefined : widthsOf(image, preset);
  const existing = presets.flatMap((each) => {
    const own = widths ? widths.get(renditionKey(recipe, each, sourceKey)) : (each.width ?? 0);
    return own === undefined ? [] : [{ width: own, label: presetLabel(each) }];
  });
  const found = snapped(existing, width);
  if (found === undefined) return undefined;
  const key = autoKey(recipe, found.label, sourcePath(recipe, sourceKey));
  return urlOf(base, key, isKey || !version ? "" : versionQuery(image.source.etag));
}

/** By key, the widths of a preset's renditions. */
function widthsOf({ srcset = {} }: AddressManifest, preset: string): Map<string, number> {
  const candidates = (Object.hasOwn(srcset, preset) && srcset[preset]) || [];
  return new Map(candidates.map(({ key, width }) => [key, width]));
}

/**
 * The address of a source's manifest, for recipes with `delivery.manifests`.
 *
 * @throws Error naming the key or the base that is wrong
 *
 * @example
 * const response = await fetch(manifestAddress(recipe, "cats/tom.jpg", "https://images.example.com"));
 * const manifest = parseManifest(await response.json());
 */
export function manifestAddress(recipe: Recipe, sourceKey: string, base = "/"): string {
  return urlOf(base, manifestKey(recipe, checkedKey(sourceKey)));
}

function checkedKey(sourceKey: string): string {
  if (sourceKey !== "") return sourceKey;
  throw new Error('the source\'s key is "": pass the key of an upload, such as "cats/tom.jpg"');
}

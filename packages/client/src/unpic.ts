import { EXTENSIONS } from "@imagefleet/core/recipe-types";
import { type AddressRecipe, parseAddress, resized } from "./preset-addresses.ts";

/** What unpic asks for. Height and quality are without effect: the recipe decides them. */
export interface UnpicOperations {
  /** px */
  width?: number | string;
  height?: number | string;
  /** `auto`, or a format of the preset. */
  format?: string;
  quality?: number | string;
}

export interface UnpicOptions {
  /** Where keys are served, such as `https://images.example.com`. */
  readonly base: string;
}

/** The functions of a provider of unpic. */
export interface UnpicProvider {
  /** The address of the same image in another width and format: the `transformer` of a component. */
  readonly transform: (src: string | URL, operations: UnpicOperations) => string;
  readonly generate: (src: string | URL, operations: UnpicOperations) => string;
  /** The parts of an address; null for an address that is not below the base. */
  readonly extract: (
    url: string | URL,
  ) => { src: string; operations: UnpicOperations; options: UnpicOptions } | null;
}

/**
 * A provider for unpic's components. Their `src` is what `address` returns. A width becomes the narrowest of
 * the preset's widths that is at least as wide, and never one that does not exist; a format that the
 * preset does not have changes nothing. Other addresses stay as they are.
 *
 * https://unpic.pics/img/learn/
 *
 * @param recipe a recipe, or what `addressRecipe` made of one
 *
 * @example
 * const { transform } = unpicProvider(recipe, { base: "https://images.example.com" });
 * transform("https://images.example.com/hero-800w/cats/tom.jpg.auto", { width: 300 });
 */
export function unpicProvider(recipe: AddressRecipe, { base }: UnpicOptions): UnpicProvider {
  const transform: UnpicProvider["transform"] = (src, { width, format }) => {
    const px = Number(width ?? Number.NaN);
    return resized(recipe, base, String(src), { ...(px >= 0 && { width: px }), format });
  };
  return {
    transform,
    generate: transform,
    extract(url) {
      const src = String(url);
      const found = parseAddress(recipe, base, src);
      if (found === undefined) return null;
      const { preset, ext } = found;
      const format = ext === EXTENSIONS[preset.format] ? preset.format : ext;
      const width = preset.width === undefined ? {} : { width: preset.width };
      return { src, operations: { ...width, format }, options: { base } };
    },
  };
}

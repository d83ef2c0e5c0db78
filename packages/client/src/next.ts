import { type AddressRecipe, resized } from "./preset-addresses.ts";

/** What next/image gives to a loader. */
export interface NextLoaderProps {
  readonly src: string;
  /** px */
  readonly width: number;
  /** Without effect: the recipe decides it. */
  readonly quality?: number;
}

export interface NextLoaderOptions {
  /** Where keys are served, such as `https://images.example.com`. */
  readonly base: string;
}

/**
 * A loader for next/image. Its `src` is what `address` returns. For each width that Next wants, the
 * loader takes the narrowest of the preset's widths that is at least as wide, and never one that does
 * not exist. A `src` that is not below `base`, such as a file of the application, stays as it is.
 *
 * https://nextjs.org/docs/app/api-reference/config/next-config-js/images
 *
 * @param recipe a recipe, or what `addressRecipe` made of one
 *
 * @example
 * // image-loader.ts, the `images.loaderFile` of next.config.ts
 * export default nextLoader(recipe, { base: "https://images.example.com" });
 */
export function nextLoader(
  recipe: AddressRecipe,
  { base }: NextLoaderOptions,
): (props: NextLoaderProps) => string {
  return ({ src, width }) => resized(recipe, base, src, { width });
}

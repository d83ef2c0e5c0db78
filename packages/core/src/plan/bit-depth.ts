import { isProfiled } from "./colors.ts";
import type { RenditionPlan } from "./plan.ts";
import type { SourceInfo } from "./source-info.ts";

/**
 * Whether the source has more than 8 bits per channel, which the codec processes in Display P3.
 *
 * @example
 * isDeep(info); // true for a PNG of 16 bits per channel
 */
export function isDeep({ depth, bands }: SourceInfo): boolean {
  return depth > 8 && bands >= 3;
}

/**
 * Whether a rendition that is too large for a raster of the source is first converted to 8-bit
 * pixels of its own size. When it is streamed, the codec treats more than 8 bits without a profile
 * as Display P3 if it attaches the sRGB profile, and it ignores the profile of a gray source that
 * becomes a color image.
 *
 * @example
 * const converted = plan.streamed.filter((rendition) => needsPixels(plan.source, rendition));
 */
export function needsPixels(source: SourceInfo, rendition: RenditionPlan): boolean {
  const { preset, wide } = rendition;
  const isLabelledLater =
    isDeep(source) && !source.profiled && !wide && preset.keep?.includes("icc") === true;
  const isGrayByProfile = source.profiled === true && becomesColor(source, rendition);
  return isMapped(source) || isLabelledLater || isGrayByProfile;
}

/**
 * Whether a gray source needs a color rendition: a gray rendition would make its background gray as
 * well, whatever its color.
 *
 * @example
 * const colored = plan.renditions.filter((rendition) => becomesColor(plan.source, rendition));
 */
export function becomesColor({ bands, alpha }: SourceInfo, { pad }: RenditionPlan): boolean {
  return bands < 3 && (alpha || pad !== undefined);
}

/**
 * Whether the pipeline itself converts the source's numbers to sRGB, on a raster. That is the case
 * for all colors except RGB with a profile for the codec, which ignores some gray profiles.
 *
 * @example
 * isMapped(info); // false for an sRGB JPEG
 */
export function isMapped({ bands, colors }: SourceInfo): boolean {
  return colors !== undefined && (!isProfiled(colors) || bands < 3);
}

/**
 * Whether the pixels that the codec reads have more than 8 bits per channel.
 *
 * @example
 * isDeepened(info); // false for an sRGB JPEG
 */
export function isDeepened(source: SourceInfo): boolean {
  return source.format === "heic" ? transcodedBits(source) === 16 : source.depth > 8;
}

/**
 * The bits per channel of the unpacked form of a source that the codec cannot read itself.
 *
 * @example
 * const bytesPerPixel = (info.bands * transcodedBits(info)) / 8;
 */
export function transcodedBits(source: SourceInfo): 8 | 16 {
  const deep = source.format === "avif" || source.format === "tiff" || isMapped(source);
  return source.depth > 8 && deep ? 16 : 8;
}

import { isProfiled } from "./colors.ts";
import type { RenditionPlan } from "./plan.ts";
import type { SourceInfo } from "./source-info.ts";

/** Has it more than 8 bits a channel, which the codec works on in Display P3? */
export function isDeep({ depth, bands }: SourceInfo): boolean {
  return depth > 8 && bands >= 3;
}

/**
 * Must a rendition that is too large for a raster of the source be brought to 8 bit pixels of its own
 * size before it is encoded? Streamed, the codec takes more than 8 bits without a profile for Display
 * P3 when asked to attach sRGB's, and passes over the profile of gray that is to become a color.
 */
export function needsPixels(source: SourceInfo, rendition: RenditionPlan): boolean {
  const { preset, wide } = rendition;
  const isLabelledLater =
    isDeep(source) && !source.profiled && !wide && preset.keep?.includes("icc") === true;
  const isGrayByProfile = source.profiled === true && becomesColor(source, rendition);
  return isMapped(source) || isLabelledLater || isGrayByProfile;
}

/** Gray on a background would make that gray as well, of whatever color it should be. */
export function becomesColor({ bands, alpha }: SourceInfo, { pad }: RenditionPlan): boolean {
  return bands < 3 && (alpha || pad !== undefined);
}

/**
 * Must its numbers be turned into sRGB by us, on a raster? All but RGB that a profile describes to the
 * codec, which passes over some profiles of gray.
 */
export function isMapped({ bands, colors }: SourceInfo): boolean {
  return colors !== undefined && (!isProfiled(colors) || bands < 3);
}

/** Have the pixels that the codec reads more than 8 bits a channel? */
export function isDeepened(source: SourceInfo): boolean {
  return source.format === "heic" ? transcodedBits(source) === 16 : source.depth > 8;
}

/** The bits of a channel of what a source is unpacked to, where the codec cannot read it itself. */
export function transcodedBits(source: SourceInfo): 8 | 16 {
  const deep = source.format === "avif" || source.format === "tiff" || isMapped(source);
  return source.depth > 8 && deep ? 16 : 8;
}

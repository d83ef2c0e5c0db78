import { isProfiled } from "./colours.ts";
import type { RenditionPlan } from "./plan.ts";
import type { SourceInfo } from "./source-info.ts";

/** Has it more than 8 bits a channel, which the codec works on in Display P3? */
export function isDeep({ depth, bands }: SourceInfo): boolean {
  return depth > 8 && bands >= 3;
}

/**
 * Must a rendition that is too large for a raster of the source be brought to 8 bit pixels of its own
 * size before it is encoded? Streamed, the codec takes more than 8 bits without a profile for Display
 * P3 when told to attach sRGB's, and passes over the profile of grey that is to become a colour.
 */
export function needsPixels(source: SourceInfo, rendition: RenditionPlan): boolean {
  const { preset, wide } = rendition;
  const isLabelledLater =
    isDeep(source) && !source.profiled && !wide && preset.keep?.includes("icc") === true;
  const isGreyByProfile = source.profiled === true && becomesColour(source, rendition);
  return isMapped(source) || isLabelledLater || isGreyByProfile;
}

/** Grey on a background would make that grey as well, of whatever colour it should be. */
export function becomesColour({ bands, alpha }: SourceInfo, { pad }: RenditionPlan): boolean {
  return bands < 3 && (alpha || pad !== undefined);
}

/**
 * Must its numbers be turned into sRGB by us, on a raster? All but RGB that a profile describes to the
 * codec, which passes over some profiles of grey.
 */
export function isMapped({ bands, colours }: SourceInfo): boolean {
  return colours !== undefined && (!isProfiled(colours) || bands < 3);
}

/** Have the pixels that the codec reads more than 8 bits a channel? */
export function isDeepened(source: SourceInfo): boolean {
  return source.format === "heic" ? unpackedBits(source) === 16 : source.depth > 8;
}

/** The bits of a channel of what a source is unpacked to, where the codec cannot read it itself. */
export function unpackedBits(source: SourceInfo): 8 | 16 {
  const deep = source.format === "avif" || source.format === "tiff" || isMapped(source);
  return source.depth > 8 && deep ? 16 : 8;
}

import { isProfiled } from "./colours.ts";
import type { RenditionPlan } from "./plan.ts";
import type { SourceInfo } from "./source-info.ts";

/** Has it more than 8 bits a channel, which the codec works on in Display P3? */
export function isDeep({ depth, bands }: SourceInfo): boolean {
  return depth > 8 && bands >= 3;
}

/**
 * Must this rendition be brought to 8 bit pixels before it is encoded? When told to attach sRGB's
 * profile, the codec takes more than 8 bits without a profile for Display P3.
 */
export function isLabelledLater(source: SourceInfo, { preset, wide }: RenditionPlan): boolean {
  return isDeep(source) && !source.profiled && !wide && preset.keep?.includes("icc") === true;
}

/**
 * Must its numbers be turned into sRGB by us, on a raster? All but what a profile says to the codec,
 * which says none to it of grey with more than 8 bits.
 */
export function isMapped({ depth, bands, colours }: SourceInfo): boolean {
  return colours !== undefined && (!isProfiled(colours) || (depth > 8 && bands < 3));
}

/** Have the pixels that the codec reads more than 8 bits a channel? */
export function isDeepened(source: SourceInfo): boolean {
  return source.format === "heic" ? unpackedBits(source) === 16 : source.depth > 8;
}

/** The bits of a channel of what a source is unpacked to, where the codec cannot read it itself. */
export function unpackedBits(source: SourceInfo): 8 | 16 {
  return source.depth > 8 && (source.format === "avif" || isMapped(source)) ? 16 : 8;
}

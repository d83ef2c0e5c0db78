import { needsDepth } from "./colours.ts";
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
 * Is it grey with more than 8 bits, and a curve that is not sRGB's? The codec applies no profile to
 * such: its pixels are had as they are stored, and put right by the curve.
 */
export function isCurvedLater({ depth, bands, colours }: SourceInfo): boolean {
  return depth > 8 && bands < 3 && colours !== undefined;
}

/** The bits of a channel of what a source is unpacked to, where the codec cannot read it itself. */
export function unpackedBits({ format, depth, colours }: SourceInfo): 8 | 16 {
  if (depth <= 8) return 8;
  return format === "avif" || (colours !== undefined && needsDepth(colours)) ? 16 : 8;
}

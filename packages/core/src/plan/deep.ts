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

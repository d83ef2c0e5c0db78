import { type Area, sameArea } from "./area.ts";

interface Picture extends Area {
  readonly bytes: number;
}

/**
 * What a rendition saves of its source's bytes, in percent with one decimal; below 0 where it has
 * more. Undefined for another size than the source's: that fewer px have fewer bytes says nothing.
 */
export function savedPercent(source: Picture, rendition: Picture): number | undefined {
  if (!sameArea(source, rendition) || source.bytes === 0) return undefined;
  return Math.round((1 - rendition.bytes / source.bytes) * 1000) / 10;
}

/**
 * What a viewer is saved who gets the smallest rendition of the source's own size in its place, in
 * bytes; below 0 where all have more. Undefined where none has that size.
 */
export function bytesSaved(
  sourceBytes: number,
  renditions: readonly { readonly bytes: number; readonly savedPercent?: number | undefined }[],
): number | undefined {
  const same = renditions.filter(({ savedPercent }) => savedPercent !== undefined);
  if (same.length === 0) return undefined;
  return sourceBytes - Math.min(...same.map(({ bytes }) => bytes));
}

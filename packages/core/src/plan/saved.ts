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

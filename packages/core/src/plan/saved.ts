import { type Area, sameArea } from "./area.ts";

interface Picture extends Area {
  readonly bytes: number;
}

/**
 * The share of the source's bytes that a rendition saves, in percent with one decimal. It is
 * negative if the rendition is larger. It is undefined if the sizes in px differ: fewer px always
 * have fewer bytes.
 *
 * @example
 * const area = { width: 800, height: 600 };
 * savedPercent({ ...area, bytes: 200_000 }, { ...area, bytes: 80_000 }); // 60
 */
export function savedPercent(source: Picture, rendition: Picture): number | undefined {
  if (!sameArea(source, rendition) || source.bytes === 0) return undefined;
  return Math.round((1 - rendition.bytes / source.bytes) * 1000) / 10;
}

/**
 * The bytes that a viewer saves who gets the smallest rendition of the source's own size instead of
 * the source. It is negative if all of them are larger, and undefined if no rendition has that
 * size.
 *
 * @example
 * bytesSaved(200_000, [{ bytes: 80_000, savedPercent: 60 }, { bytes: 9_000 }]); // 120000
 */
export function bytesSaved(
  sourceBytes: number,
  renditions: readonly { readonly bytes: number; readonly savedPercent?: number | undefined }[],
): number | undefined {
  const same = renditions.filter(({ savedPercent }) => savedPercent !== undefined);
  if (same.length === 0) return undefined;
  return sourceBytes - Math.min(...same.map(({ bytes }) => bytes));
}

import type { Metadata } from "sharp";
import type { InputFormat } from "../../plan/index.ts";

/**
 * Whether a source may contain only its image: no profile, location, camera data or comment. The
 * header alone decides this; `hasNoTrailingData` then checks the whole file.
 */
export function hasNoMetadata(format: InputFormat, metadata: Metadata): boolean {
  const { exif, icc, xmp, iptc, comments, orientation, pages, tifftagPhotoshop } = metadata;
  const blocks = [exif, icc, xmp, iptc, comments, tifftagPhotoshop];
  if (blocks.some((block) => block !== undefined && block.length > 0)) return false;
  if ((orientation ?? 1) > 1 || (pages ?? 1) > 1) return false;
  return format !== "tiff" && format !== "avif";
}

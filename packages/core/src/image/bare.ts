import type { Metadata } from "sharp";
import type { InputFormat } from "../plan/index.ts";

/**
 * Does a source hold its picture and nothing else: no profile, no place, no maker, no comment? Then
 * its own bytes may stand for a rendition of it.
 *
 * @param head the first bytes of the file
 */
export function isBare(format: InputFormat, head: Uint8Array, metadata: Metadata): boolean {
  const { exif, icc, xmp, iptc, comments, orientation, pages, tifftagPhotoshop } = metadata;
  const blocks = [exif, icc, xmp, iptc, comments, tifftagPhotoshop];
  if (blocks.some((block) => block !== undefined && block.length > 0)) return false;
  if ((orientation ?? 1) > 1 || (pages ?? 1) > 1) return false;
  return format === "jpeg" ? hasOnlyPicture(head) : format !== "tiff";
}

/**
 * libjpeg tells of some of a JPEG's segments only. Of those before the scan, APP0 (JFIF) and APP14
 * (Adobe, how colour is stored) may be there; comments and other applications' may not.
 */
function hasOnlyPicture(head: Uint8Array): boolean {
  let at = 2;
  while (at + 4 <= head.length) {
    const marker = head[at + 1] ?? 0;
    if (head[at] !== 0xff) return false;
    if (marker === 0xda) return true;
    const application = marker >= 0xe0 && marker <= 0xef;
    if (marker === 0xfe || (application && marker !== 0xe0 && marker !== 0xee)) return false;
    at += 2 + (((head[at + 2] ?? 0) << 8) | (head[at + 3] ?? 0));
  }
  return false;
}

import type { Parts } from "../../decode/parts.ts";

/** A part of a JPEG with a length of its own. */
export interface JpegSegment {
  /** The second byte of its marker. */
  readonly marker: number;
  /** Where its content begins, behind its length. */
  readonly at: number;
  /** Of its content, in bytes. */
  readonly length: number;
}

/** The header of a scan, which coded pixels follow. */
export const SCAN = 0xda;
/** The end of the picture. */
export const END = 0xd9;
/** Read at once: a file of empty segments is walked in memory. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Those segments of a JPEG that are asked for, up to the header of its next scan or its end. Coded
 * pixels, fill bytes before a marker and stray bytes between two segments are passed over.
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1
 *
 * @param wanted decides by the second byte of a marker
 * @param from where a marker may stand, at the earliest
 */
export async function jpegSegments(
  { read, bytes: size }: Parts,
  wanted: (marker: number) => boolean,
  from = 2,
): Promise<JpegSegment[]> {
  const found: JpegSegment[] = [];
  let start = from;
  let chunk = await read(start, CHUNK_BYTES);
  let at = start;
  while (at + 2 <= size) {
    if (at + 4 > start + chunk.length && start + chunk.length < size) {
      start = at;
      chunk = await read(start, CHUNK_BYTES);
      if (chunk.length === 0) break;
    }
    const next = chunk.indexOf(0xff, at - start);
    if (next < 0) {
      at = start + chunk.length;
      continue;
    }
    at = start + next;
    if (next + 4 > chunk.length && at !== start && start + chunk.length < size) continue;
    const marker = chunk[next + 1] ?? 0;
    if (marker === END) {
      if (wanted(END)) found.push({ marker, at: at + 2, length: 0 });
      break;
    }
    if (!hasLength(marker)) {
      at += 1;
      continue;
    }
    if (next + 4 > chunk.length) break;
    const length = Math.max(2, chunk.readUInt16BE(next + 2));
    if (wanted(marker)) found.push({ marker, at: at + 4, length: length - 2 });
    if (marker === SCAN) break;
    at += 2 + length;
  }
  return found;
}

/** Stuffed bytes, restarts, the start and the end have none; nor does what begins nothing. */
function hasLength(marker: number): boolean {
  return marker >= 0xc0 && marker < 0xff && !(marker >= 0xd0 && marker <= 0xd9);
}

/** Is it the header of a frame, which says how the picture is coded? Tables share the range. */
export function isFrame(marker: number): boolean {
  return (
    (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) ||
    marker === JPEG_LS ||
    marker === HIERARCHY
  );
}

/** ITU-T T.87 */
export const JPEG_LS = 0xf7;
/** Stands before the frames of a picture that is stored at several sizes. */
export const HIERARCHY = 0xde;

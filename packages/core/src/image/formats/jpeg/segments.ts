import type { ByteReader } from "../../decode/byte-reader.ts";

/** A JPEG segment with a length field. */
export interface JpegSegment {
  /** The second byte of the marker. */
  readonly marker: number;
  /** The offset of the contents, after the length field. */
  readonly at: number;
  /** The length of the contents, in bytes. */
  readonly length: number;
}

/** Application data such as EXIF. */
export const APP1 = 0xe1;
/** The header of a scan, which coded pixels follow. */
export const SCAN = 0xda;
/** The end of the image. */
export const END = 0xd9;
/** The size of one read, so that a file of empty segments is parsed in memory. */
const CHUNK_BYTES = 64 * 1024;

const headers = new WeakMap<ByteReader, Promise<JpegSegment[]>>();

/** The frame and the APP1 segments before the pixels of a JPEG. They are parsed once per reader. */
export function jpegHeader(reader: ByteReader): Promise<JpegSegment[]> {
  const known = headers.get(reader);
  if (known !== undefined) return known;
  const header = jpegSegments(reader, (marker) => marker === APP1 || isFrame(marker));
  headers.set(reader, header);
  return header;
}

/**
 * The requested segments of a JPEG, up to the header of its next scan or its end. Coded pixels,
 * fill bytes before a marker and stray bytes between two segments are skipped.
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1
 *
 * @param wanted decides by the second byte of a marker
 * @param from the first offset at which a marker may be
 */
export async function jpegSegments(
  { read, bytes: size }: ByteReader,
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

/**
 * Stuffed bytes and restart, start and end markers have no length field. Stray bytes have none
 * either.
 */
function hasLength(marker: number): boolean {
  return marker >= 0xc0 && marker < 0xff && !(marker >= 0xd0 && marker <= 0xd9);
}

/** Whether the marker starts a frame header, which specifies the coding. Tables share the range. */
export function isFrame(marker: number): boolean {
  return (
    (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) ||
    marker === JPEG_LS ||
    marker === HIERARCHY
  );
}

/** ITU-T T.87. */
export const JPEG_LS = 0xf7;
/** The marker before the frames of an image that is stored in several sizes. */
export const HIERARCHY = 0xde;

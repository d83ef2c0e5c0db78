import type { InputFormat } from "../../plan/index.ts";
import { afterParts, tableBytes } from "../formats/gif.ts";

/**
 * Whether every byte of a file belongs to its image. Codecs report only some metadata, and nothing
 * that follows the image or lies in parts that they skip: a comment, a script, an archive.
 *
 * @param bytes the whole file
 */
export function hasNoTrailingData(format: InputFormat, bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case "jpeg":
      return isOnlyJpeg(file);
    case "png":
      return isOnlyPng(file);
    case "webp":
      return isOnlyWebp(file);
    case "gif":
      return isOnlyGif(file);
    default:
      // Boxes and directories can point anywhere and leave gaps.
      return false;
  }
}

const JFIF = 16;
const ADOBE = 14;

/** The frames that browsers decode: baseline, extended and progressive, all with Huffman coding. */
const FRAMES = [0xc0, 0xc1, 0xc2];
const TABLES = [0xc4, 0xdb, 0xdd];

/**
 * Allows frames, tables, scans, and the two application segments that specify the color encoding,
 * without a thumbnail.
 */
function isOnlyJpeg(file: Buffer): boolean {
  let at = 2;
  while (at + 4 <= file.length) {
    const marker = file[at + 1] ?? 0;
    const length = file.readUInt16BE(at + 2);
    if (file[at] !== 0xff) return false;
    const known = FRAMES.includes(marker) || TABLES.includes(marker) || marker === 0xda;
    const color = (marker === 0xe0 && length === JFIF) || (marker === 0xee && length === ADOBE);
    if (!known && !color) return false;
    at += 2 + length;
    if (marker === 0xda) at = endOfScan(file, at);
  }
  return at === file.length - 2 && file[at] === 0xff && file[at + 1] === 0xd9;
}

/** The next marker that is neither a stuffed byte nor a restart marker. */
function endOfScan(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const next = file[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return file.length;
}

const PNG_CHUNKS = "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT bKGD pHYs".split(" ");

function isOnlyPng(file: Buffer): boolean {
  let at = 8;
  while (at + 12 <= file.length) {
    const type = file.toString("latin1", at + 4, at + 8);
    if (!PNG_CHUNKS.includes(type)) return false;
    at += 12 + file.readUInt32BE(at);
    if (type === "IEND") break;
  }
  return at === file.length;
}

const WEBP_CHUNKS = ["VP8 ", "VP8L", "VP8X", "ALPH"];

function isOnlyWebp(file: Buffer): boolean {
  let at = 12;
  while (at + 8 <= file.length) {
    if (!WEBP_CHUNKS.includes(file.toString("latin1", at, at + 4))) return false;
    const size = file.readUInt32LE(at + 4);
    at += 8 + size + (size % 2);
  }
  return at === file.length && file.readUInt32LE(4) === file.length - 8;
}

/** The only allowed extension: frame delays, but no comment, plain text or application data. */
const GIF_CONTROL = 0xf9;

function isOnlyGif(file: Buffer): boolean {
  let at = 13 + tableBytes(file[10]);
  while (at < file.length) {
    if (file[at] === 0x3b) return at === file.length - 1;
    if (file[at] === 0x21 && file[at + 1] === GIF_CONTROL) at = afterParts(file, at + 2);
    else if (file[at] === 0x2c) at = afterParts(file, at + 11 + tableBytes(file[at + 9]));
    else return false;
  }
  return false;
}

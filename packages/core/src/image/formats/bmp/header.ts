import { Rejection } from "../../../outcome/index.ts";
import { unsupported } from "../unsupported.ts";

/** The contents of a BMP's headers. */
export interface BmpHeader {
  /** In px. */
  readonly width: number;
  /** In px. */
  readonly height: number;
  /** Whether the first row in the file is the top row. In most files it is the bottom row. */
  readonly topDown: boolean;
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  readonly compression: "none" | "rle8" | "rle4";
  /** The bits of each channel in 16-bit and 32-bit pixels. Without alpha, its mask is 0. */
  readonly masks: { red: number; green: number; blue: number; alpha: number };
  /** The offset of the palette, its number of entries and the bytes of each (blue, green, red). */
  readonly palette: { at: number; entries: number; entryBytes: 3 | 4 };
  /** The offset of the pixels. */
  readonly pixelsAt: number;
}

/** Enough bytes of a file to read its headers. */
export const BMP_HEAD_BYTES = 14 + 124 + 16;

/** The lengths of the headers of Windows and OS/2, in bytes. */
const CORE = 12;
const INFO = 40;
const WITH_MASKS = 52;
const WITH_ALPHA = 56;
const KNOWN = [CORE, 16, INFO, WITH_MASKS, WITH_ALPHA, 64, 108, 124];
const FILE_HEADER = 14;

/**
 * Reads a BMP's headers: https://learn.microsoft.com/windows/win32/gdi/bitmap-storage
 *
 * @throws Rejection `SourceCorrupt` or `SourceUnsupported`
 */
export function bmpHeader(bytes: Uint8Array): BmpHeader {
  const head = Buffer.alloc(BMP_HEAD_BYTES);
  head.set(bytes.subarray(0, BMP_HEAD_BYTES));
  const length = head.readUInt32LE(FILE_HEADER);
  if (!KNOWN.includes(length) || bytes.length < FILE_HEADER + length) {
    throw corrupt(`a header of ${length} bytes in a file of ${bytes.length}`);
  }
  const old = length === CORE;
  const width = old ? head.readUInt16LE(18) : head.readInt32LE(18);
  const rows = old ? head.readUInt16LE(20) : head.readInt32LE(22);
  const depth = head.readUInt16LE(old ? 24 : 28);
  const method = length < INFO ? 0 : head.readUInt32LE(30);
  if (width <= 0 || rows === 0) throw corrupt(`${width} x ${rows} px`);
  const bits = bitsOf(depth, method);
  return {
    width,
    height: Math.abs(rows),
    topDown: rows < 0,
    bits,
    compression: compressionOf(method, bits, length, rows < 0),
    masks: masksOf(head, length, method, bits),
    palette: paletteOf(head, length, method, bits),
    pixelsAt: head.readUInt32LE(10),
  };
}

function bitsOf(depth: number, method: number): BmpHeader["bits"] {
  if (depth === 0 && (method === 4 || method === 5)) {
    throw unsupported(`a BMP that contains a ${method === 4 ? "JPEG" : "PNG"}`);
  }
  // These depths come from Windows CE and GDI+.
  if (depth === 2 || depth === 64) throw unsupported(`a BMP of ${depth} bits per pixel`);
  switch (depth) {
    case 1:
    case 4:
    case 8:
    case 16:
    case 24:
    case 32:
      return depth;
    default:
      throw corrupt(`${depth} bits per pixel`);
  }
}

function compressionOf(
  method: number,
  bits: BmpHeader["bits"],
  length: number,
  topDown: boolean,
): BmpHeader["compression"] {
  if (method === 0) return "none";
  if (method === 1 && bits === 8 && !topDown) return "rle8";
  if (method === 2 && bits === 4 && !topDown) return "rle4";
  // In OS/2, these two methods have other meanings.
  if ((method === 3 || method === 6) && (bits === 16 || bits === 32) && length !== 64) {
    return "none";
  }
  throw unsupported(
    topDown && (method === 1 || method === 2)
      ? "a top-down BMP with run lengths"
      : `a BMP compressed with method ${method} at ${bits} bits`,
  );
}

function masksOf(
  head: Buffer,
  length: number,
  method: number,
  bits: BmpHeader["bits"],
): BmpHeader["masks"] {
  const given = method === 3 || method === 6;
  const alphaGiven = method === 6 || (length >= WITH_ALPHA && length !== 64);
  const alpha = alphaGiven && bits >= 16 && bits !== 24 ? head.readUInt32LE(66) : 0;
  const masks = given
    ? {
        red: head.readUInt32LE(54),
        green: head.readUInt32LE(58),
        blue: head.readUInt32LE(62),
        alpha,
      }
    : bits === 16
      ? { red: 0x7c00, green: 0x03e0, blue: 0x001f, alpha }
      : { red: 0xff0000, green: 0xff00, blue: 0xff, alpha };
  for (const mask of Object.values(masks)) {
    // The bits must be one run of at most 16. More would need a table of gigabytes.
    const run = mask === 0 ? 0 : (mask >>> trailingZeros(mask)) + 1;
    if ((run & (run - 1)) !== 0 || run > 2 ** 16) throw corrupt(`a mask of ${mask.toString(16)}`);
  }
  return masks;
}

export function trailingZeros(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

function paletteOf(
  head: Buffer,
  length: number,
  method: number,
  bits: BmpHeader["bits"],
): BmpHeader["palette"] {
  const after = length === INFO ? (method === 3 ? 12 : method === 6 ? 16 : 0) : 0;
  const most = bits <= 8 ? 2 ** bits : 0;
  const declared = length < INFO ? 0 : head.readUInt32LE(46);
  return {
    at: FILE_HEADER + length + after,
    entries: declared === 0 ? most : Math.min(declared, most),
    entryBytes: length === CORE ? 3 : 4,
  };
}

function corrupt(why: string): Rejection {
  return new Rejection(
    "SourceCorrupt",
    `the source begins as bmp but its header cannot be read: ${why}`,
  );
}

import { crc32, deflateSync } from "node:zlib";
import type { Rgb } from "./color.ts";

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

/** Compressed pixels by side: all have the palette's first color. */
const pixels = new Map<number, Buffer>();

/**
 * A square of one color as a PNG of one bit per pixel: many pixels in few bytes, which are compressed
 * once for all colors.
 *
 * @param side px
 * @param padding the bytes of a chunk that decoders ignore
 */
export function squarePng(side: number, color: Rgb, padding = 0): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  // One bit per pixel, with a palette.
  head.set([1, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("PLTE", Buffer.from(color)),
    ...(padding > 0 ? [chunk("paDd", Buffer.alloc(padding))] : []),
    chunk("IDAT", pixelsOf(side)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function pixelsOf(side: number): Buffer {
  const known = pixels.get(side);
  if (known) return known;
  const made = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))));
  pixels.set(side, made);
  return made;
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

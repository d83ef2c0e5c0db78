import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
import type { Lane } from "@imagefleet/core/outcome";
import type { Recipe } from "@imagefleet/core/recipe";

/** A picture that goes through one of the lanes. */
export interface Picture {
  readonly lane: Lane;
  readonly key: string;
  readonly bytes: Buffer;
}

/** A small picture's side, px. */
const SMALL_PX = 96;
/** Above what the small lane takes, so that 20 MiB become 21 MB. */
const ABOVE = 1.01;
/** A picture of more bytes is not made. */
const MOST_BYTES = 200_000_000;

/** The keys of one examination: under the recipe's prefix, and under nobody else's. */
export function doctorPrefix({ source }: Recipe, id: string): string {
  return `${source.prefix}imagefleet-doctor/${id}/`;
}

/**
 * One small picture and, where the recipe takes it, one that is just above what the small lane takes.
 * The latter is noise, which no encoder makes smaller.
 */
export function picturesOf(recipe: Recipe, id: string): readonly Picture[] {
  const { limits, lanes } = recipe;
  const prefix = doctorPrefix(recipe, id);
  const suffix = suffixOf(recipe);
  const side = Math.ceil(Math.sqrt((lanes.smallBytes * ABOVE) / CHANNELS));
  const bytes = side * side * CHANNELS;
  const isTaken =
    bytes * ABOVE < Math.min(limits.bytes, MOST_BYTES) && side * side <= limits.pixels;
  return [
    { lane: "small", key: `${prefix}small${suffix}`, bytes: png(SMALL_PX, gradient(SMALL_PX)) },
    ...(isTaken
      ? [{ lane: "large", key: `${prefix}large${suffix}`, bytes: png(side, noise(side)) } as const]
      : []),
  ];
}

/** Names are filtered by the recipe; what a picture is, its bytes say. */
function suffixOf({ source: { suffixes } }: Recipe): string {
  return suffixes.length === 0 || suffixes.some((suffix) => suffix.toLowerCase() === ".png")
    ? ".png"
    : (suffixes[0] ?? ".png");
}

const CHANNELS = 3;

function gradient(side: number): Buffer {
  const pixels = Buffer.alloc(side * side * CHANNELS);
  for (let at = 0; at < pixels.length; at++) {
    const pixel = Math.floor(at / CHANNELS);
    pixels[at] = ((pixel % side) * 2 + Math.floor(pixel / side)) % 256;
  }
  return pixels;
}

function noise(side: number): Buffer {
  return randomBytes(side * side * CHANNELS);
}

/** A PNG of 8-bit RGB without filters, its pixels stored as they are: https://www.w3.org/TR/png-3/ */
function png(side: number, pixels: Buffer): Buffer {
  const row = side * CHANNELS;
  const lines = Array.from({ length: side }, (_unused, y) =>
    Buffer.concat([Buffer.of(0), pixels.subarray(y * row, (y + 1) * row)]),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(lines), { level: 0 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(data.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

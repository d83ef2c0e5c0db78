import { randomBytes, randomInt } from "node:crypto";
import type { Lane } from "@imagefleet/core/outcome";
import type { Recipe } from "@imagefleet/core/recipe";
import sharp from "sharp";

/** A test picture for one of the lanes. */
export interface Picture {
  readonly lane: Lane;
  readonly key: string;
  readonly bytes: Buffer;
}

/** A small picture's side, px. */
const SMALL_PX = 96;
/** How much larger than the limit of the small lane the large picture is. */
const ABOVE = 1.01;
/** The largest test picture. */
const MAX_BYTES = 200_000_000;

/** The prefix of the keys of one run, under the recipe's prefix. */
export function doctorPrefix({ source }: Recipe, id: string): string {
  return `${source.prefix}imagefleet-doctor/${id}/`;
}

/**
 * A small picture and, if the limits of the recipe allow it, one just above the limit of the small lane.
 * The large one is noise, which does not compress.
 */
export async function picturesOf(recipe: Recipe, id: string): Promise<readonly Picture[]> {
  const { limits, lanes } = recipe;
  const prefix = doctorPrefix(recipe, id);
  const suffix = suffixOf(recipe);
  const side = Math.ceil(Math.sqrt((lanes.smallBytes * ABOVE) / CHANNELS));
  const bytes = side * side * CHANNELS;
  const isAllowed =
    bytes * ABOVE < Math.min(limits.bytes, MAX_BYTES) && side * side <= limits.pixels;
  return [
    { lane: "small", key: `${prefix}small${suffix}`, bytes: await small() },
    ...(isAllowed
      ? [{ lane: "large", key: `${prefix}large${suffix}`, bytes: await noise(side) } as const]
      : []),
  ];
}

/** A suffix that the recipe accepts. The format is detected from the bytes, so that PNG data is fine. */
function suffixOf({ source: { suffixes } }: Recipe): string {
  return suffixes.length === 0 || suffixes.some((suffix) => suffix.toLowerCase() === ".png")
    ? ".png"
    : (suffixes[0] ?? ".png");
}

const CHANNELS = 3;

function small(): Promise<Buffer> {
  const size = { width: SMALL_PX, height: SMALL_PX, channels: CHANNELS } as const;
  return sharp({ create: { ...size, background: "#4080c0" } })
    .png()
    .toBuffer();
}

/** Uncompressed, so that the size in bytes is known in advance. */
function noise(side: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: CHANNELS } as const;
  return sharp(randomBytes(side * side * CHANNELS), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

/** Crockford's base 32. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** A ULID: unique, and sorted by time. https://github.com/ulid/spec */
export function ulid(now = Date.now()): string {
  const time = Array.from({ length: TIME_DIGITS }, (_unused, at) =>
    DIGITS.charAt(Math.floor(now / 32 ** (TIME_DIGITS - 1 - at)) % 32),
  );
  const random = Array.from({ length: RANDOM_DIGITS }, () => DIGITS.charAt(randomInt(32)));
  return [...time, ...random].join("");
}

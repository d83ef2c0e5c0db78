import { randomBytes } from "node:crypto";
import type { Lane } from "@imagefleet/core/outcome";
import type { Recipe } from "@imagefleet/core/recipe";
import sharp from "sharp";

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
export async function picturesOf(recipe: Recipe, id: string): Promise<readonly Picture[]> {
  const { limits, lanes } = recipe;
  const prefix = doctorPrefix(recipe, id);
  const suffix = suffixOf(recipe);
  const side = Math.ceil(Math.sqrt((lanes.smallBytes * ABOVE) / CHANNELS));
  const bytes = side * side * CHANNELS;
  const isTaken =
    bytes * ABOVE < Math.min(limits.bytes, MOST_BYTES) && side * side <= limits.pixels;
  return [
    { lane: "small", key: `${prefix}small${suffix}`, bytes: await small() },
    ...(isTaken
      ? [{ lane: "large", key: `${prefix}large${suffix}`, bytes: await noise(side) } as const]
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

function small(): Promise<Buffer> {
  const size = { width: SMALL_PX, height: SMALL_PX, channels: CHANNELS } as const;
  return sharp({ create: { ...size, background: "#4080c0" } })
    .png()
    .toBuffer();
}

/** Stored as it is, so that its bytes are known beforehand. */
function noise(side: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: CHANNELS } as const;
  return sharp(randomBytes(side * side * CHANNELS), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

import sharp, { type Sharp } from "sharp";
import type { Painting } from "./canvas.ts";
import { seeded } from "./random.ts";

const TILE = 512;

/** Enlarges a painting to the size in px that a camera would give. */
export function enlarge({ pixels, ...size }: Painting, width: number, height: number): Sharp {
  return sharp(pixels, { raw: { ...size, channels: 3 } }).resize(width, height, {
    kernel: "cubic",
  });
}

/**
 * As {@link enlarge}, with a film's grain over it: a picture that was only enlarged would be smaller
 * in bytes than any photo.
 *
 * @param strength of the grain, in steps of 255
 */
export function develop(
  painting: Painting,
  width: number,
  height: number,
  strength: number,
): Sharp {
  return enlarge(painting, width, height)
    .composite([
      {
        input: grain(strength),
        raw: { width: TILE, height: TILE, channels: 3 },
        tile: true,
        blend: "hard-light",
      },
    ])
    .removeAlpha();
}

function grain(strength: number): Buffer {
  const random = seeded(97);
  const tile = Buffer.allocUnsafe(TILE * TILE * 3);
  for (let at = 0; at < tile.length; at += 3) {
    // Three dice: near enough to the bell curve of real grain.
    const value = 128 + (random() + random() + random() - 1.5) * strength * 2;
    tile.fill(Math.round(value), at, at + 3);
  }
  return tile;
}

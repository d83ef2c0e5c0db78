import { mix } from "./noise.ts";
import { seeded } from "./random.ts";

/** Red, green and blue, each in [0, 1]. */
export type Color = readonly [number, number, number];

/** The color of the point (x, y), both in units of the picture's height, y down from 0 to 1. */
export type Scene = (x: number, y: number) => Color;

/** A painting: `height` px high, 3 bytes a pixel. */
export interface Painting {
  readonly pixels: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Paints a scene pixel by pixel; `height` in px, `aspect` is width / height. */
export function paint(scene: Scene, height: number, aspect: number): Painting {
  const width = Math.round(height * aspect);
  const pixels = Buffer.allocUnsafe(width * height * 3);
  const random = seeded(width * height);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [red, green, blue] = scene((column + 0.5) / height, (row + 0.5) / height);
      // Skies band without a dither.
      const dither = random() - 0.5;
      pixels[at++] = byte(red * 255 + dither);
      pixels[at++] = byte(green * 255 + dither);
      pixels[at++] = byte(blue * 255 + dither);
    }
  }
  return { pixels, width, height };
}

export function blend(from: Color, to: Color, share: number): Color {
  return [mix(from[0], to[0], share), mix(from[1], to[1], share), mix(from[2], to[2], share)];
}

/** A color that lies on a gradient of evenly spaced stops. */
export function gradient(stops: readonly Color[], share: number): Color {
  const last = stops.length - 1;
  const place = Math.min(Math.max(share, 0), 1) * last;
  const index = Math.min(Math.floor(place), last - 1);
  const from = stops[index];
  const to = stops[index + 1];
  return from && to ? blend(from, to, place - index) : [0, 0, 0];
}

/** Light added, as on film: never beyond white. */
export function glow(color: Color, light: Color, strength: number): Color {
  return [
    1 - (1 - color[0]) * (1 - Math.min(light[0] * strength, 1)),
    1 - (1 - color[1]) * (1 - Math.min(light[1] * strength, 1)),
    1 - (1 - color[2]) * (1 - Math.min(light[2] * strength, 1)),
  ];
}

export function shade(color: Color, light: number): Color {
  return [color[0] * light, color[1] * light, color[2] * light];
}

const READ = new Map<string, Color>();

/** `#rrggbb`; remembered, for scenes name their colors once a pixel. */
export function hex(text: string): Color {
  const known = READ.get(text);
  if (known) return known;
  const value = Number.parseInt(text.slice(1), 16);
  const color: Color = [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
  READ.set(text, color);
  return color;
}

function byte(value: number): number {
  return Math.min(Math.max(value, 0), 255) + 0.5;
}

import { blend, type Color, glow, gradient, hex, type Scene, shade } from "../canvas.ts";
import { clamp, fractal, mix, ramp, valueNoise } from "../noise.ts";

const SKY = ["#2b4a7f", "#5f86b8", "#a9b9cf", "#f0c9a4", "#ffdca8"].map(hex);
const SHORE = 0.64;
const SUN = { x: 0.93, y: 0.43 };

interface Range {
  /** Where its foot is, and how high it rises above it. */
  readonly foot: number;
  readonly rise: number;
  readonly scale: number;
  readonly rock: Color;
  readonly lit: Color;
  readonly snowAt: number;
}

const RANGES: readonly Range[] = [
  { foot: 0.56, rise: 0.36, scale: 2.2, rock: hex("#7d88a6"), lit: hex("#e9bfa3"), snowAt: 0.36 },
  { foot: 0.6, rise: 0.3, scale: 3.1, rock: hex("#54648a"), lit: hex("#b48f8c"), snowAt: 0.37 },
  { foot: 0.63, rise: 0.17, scale: 4.7, rock: hex("#31486a"), lit: hex("#566a80"), snowAt: 0 },
  { foot: 0.65, rise: 0.075, scale: 11, rock: hex("#16283a"), lit: hex("#2c4148"), snowAt: 0 },
];

/** Dawn over ranges of mountains, mirrored in a lake. */
export function mountainLake(): Scene {
  const clouds = fractal(valueNoise(11), 5);
  const stone = fractal(valueNoise(12), 4);
  const crest = fractal(valueNoise(13), 6);
  const ripple = valueNoise(14);

  const land = (x: number, y: number): Color => {
    let color = gradient(SKY, y / SHORE);
    const sun = Math.hypot(x - SUN.x, y - SUN.y);
    color = glow(color, hex("#ffb070"), 0.75 * Math.exp(-sun * 5));
    color = blend(color, hex("#fff6df"), ramp(0.037, 0.033, sun));
    const cloud = ramp(0.5, 0.72, clouds(x * 2.2 + 3, y * 9)) * ramp(0.6, 0.15, y);
    color = blend(color, blend(hex("#ffe3c6"), hex("#ffffff"), clamp(1 - y * 2)), cloud * 0.8);
    RANGES.forEach((range, index) => {
      const along = x * range.scale + index * 31.7;
      const top = range.foot - range.rise * (1.75 * crest(along, index * 7.7) - 0.35);
      if (y < top) return;
      // The slope's light: how the crest's noise falls towards the sun.
      const fine = stone(x * 14 + y * 6 + index * 5, y * 22 - x * 5);
      const facing = clamp(
        0.5 + 3.2 * (stone(x * 9 + 0.02, y * 13 + index) - stone(x * 9 - 0.08, y * 13 + index)),
      );
      let rock = blend(range.rock, range.lit, 0.75 * facing * (0.55 + fine * 0.6));
      const snow =
        range.snowAt > 0 ? ramp(range.snowAt, range.snowAt - 0.09, y + 0.1 * (fine - 0.5)) : 0;
      rock = blend(rock, blend(hex("#a6b4d3"), hex("#fff1e2"), facing), snow * 0.85);
      const mist = ramp(0, 1, (y - top) / range.rise) * (0.5 - index * 0.1);
      color = blend(rock, hex("#d9c4bb"), clamp(mist));
    });
    return color;
  };

  return (x, y) => {
    if (y < SHORE) return land(x, y);
    const depth = (y - SHORE) / (1 - SHORE);
    const wave = ripple(x * mix(70, 12, depth), y * mix(900, 190, depth)) - 0.5;
    const mirrored = land(
      x + wave * 0.012 * depth,
      Math.max(0, SHORE - (y - SHORE) * 1.55 + wave * 0.03 * (0.2 + depth)),
    );
    const water = blend(mirrored, hex("#16324f"), 0.2 + 0.42 * depth);
    return shade(water, 1 + wave * 0.14 * (0.3 + depth));
  };
}

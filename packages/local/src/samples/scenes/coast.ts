import { blend, type Color, glow, gradient, hex, type Scene, shade } from "../canvas.ts";
import { clamp, fractal, mix, ramp, valueNoise } from "../noise.ts";

const SKY = ["#1f5fae", "#4f93d6", "#a8d0ee", "#f2ead6"].map(hex);
const STONE = ["#5a4a3c", "#96785a", "#cfae86", "#ead8b8"].map(hex);
const WATER = ["#2a6a9c", "#1c7aa8", "#2aa0b0", "#7fd0c0"].map(hex);
const SAND = ["#9c7748", "#cfa970", "#ecd3a0", "#fbeccb"].map(hex);
const HORIZON = 0.46;

/** A wide bay at noon: cumulus, sea, cliffs, dunes. `x` runs from 0 to 2. */
export function coast(): Scene {
  const clouds = fractal(valueNoise(51), 6);
  const rock = fractal(valueNoise(52), 5);
  const waves = fractal(valueNoise(53), 3);
  const sand = fractal(valueNoise(54), 5);
  return (x, y) => {
    const beach = 0.8 + 0.1 * Math.sin(x * 1.9 + 0.7) + 0.05 * (sand(x * 3, 2) - 0.5);
    if (y > beach) return dune(x, y, y - beach, sand);
    const cliff = cliffTop(x, rock);
    if (y > cliff && y < HORIZON + 0.06 * ramp(1.0, 1.9, x) + 0.004)
      return cliffFace(x, y, cliff, rock);
    if (y > HORIZON) return sea(x, y, beach, waves);
    let color = gradient(SKY, y / HORIZON);
    const near = y / HORIZON;
    const body = clouds(x * mix(1.7, 4.5, near), y * mix(4, 15, near) + 20);
    const cover = ramp(0.5, 0.66, body);
    const lit = clamp(
      0.35 + 4.5 * (body - clouds(x * mix(1.7, 4.5, near) + 0.06, y * mix(4, 15, near) + 19.82)),
    );
    color = blend(
      color,
      blend(hex("#aab8c8"), hex("#ffffff"), lit),
      cover * (1 - 0.55 * near ** 3),
    );
    return glow(
      color,
      hex("#fff3d0"),
      0.5 * Math.exp(-Math.hypot(x - 0.35, (y - 0.08) * 1.4) * 4.2),
    );
  };
}

function cliffTop(x: number, rock: (x: number, y: number) => number): number {
  const rise = 0.17 * ramp(1.12, 1.85, x) + 0.02 * ramp(0.5, 0.2, Math.abs(x - 0.35));
  return HORIZON - rise * (0.65 + 0.7 * rock(x * 5, 9)) + (x > 0.02 && rise > 0 ? 0 : 1);
}

function cliffFace(
  x: number,
  y: number,
  top: number,
  rock: (x: number, y: number) => number,
): Color {
  const strata = rock(x * 9 + 2, y * 70 + x * 6);
  const crack = rock(x * 60, y * 12);
  const stone = gradient(STONE, 0.55 * strata + 0.5 * crack);
  const grass = ramp(0.028, 0.008, y - top - 0.012 * rock(x * 40, 3));
  const meadow = blend(hex("#4e6b2c"), hex("#93a84d"), rock(x * 50, y * 50));
  return blend(blend(stone, meadow, grass), hex("#b9cfe0"), 0.32 * ramp(1.9, 0.9, x));
}

function sea(x: number, y: number, beach: number, waves: (x: number, y: number) => number): Color {
  const depth = (y - HORIZON) / (beach - HORIZON);
  const swell = waves(x * mix(26, 7, depth), y * mix(430, 60, depth));
  let water = gradient(WATER, depth ** 1.3);
  water = shade(water, 0.82 + 0.4 * swell);
  const glitter = ramp(0.63, 0.8, swell) * Math.exp(-Math.abs(x - 0.35) * 2.2);
  water = glow(water, [1, 0.98, 0.9], glitter * 0.9);
  const surf =
    ramp(0.035, 0.004, beach - y - 0.03 * waves(x * 9, 4)) * ramp(0.3, 0.6, waves(x * 30, y * 60));
  return blend(water, [0.97, 0.99, 1], clamp(surf * 0.95));
}

function dune(x: number, y: number, from: number, sand: (x: number, y: number) => number): Color {
  const bend = sand(x * 2.4, y * 5);
  const ripples = 0.5 + 0.5 * Math.sin((y * 150 + bend * 42 + x * 12) * (1 - from));
  const light = clamp(0.4 + 0.42 * bend + 0.14 * ripples + 0.22 * (sand(x * 60, y * 60) - 0.5));
  const dry = gradient(SAND, light);
  return blend(dry, hex("#8a6f4c"), 0.6 * ramp(0.035, 0, from));
}

import { blend, type Color, gradient, hex, type Scene, shade } from "../canvas.ts";
import { clamp, fractal, ramp, valueNoise } from "../noise.ts";

const PETAL = ["#4a0a2e", "#a3195b", "#e0457f", "#f78fb0", "#ffe0e6"].map(hex);
const LEAVES = ["#0b1a10", "#16351d", "#2f5f2d", "#7c9b4a"].map(hex);
const CENTER = { x: 0.53, y: 0.5 };

/** Rings of petals from the outermost in: where they end, how many there are. */
const RINGS = Array.from({ length: 9 }, (_unused, index) => ({
  reach: 0.46 * (1 - index / 10) ** 1.15,
  count: Math.round(17 - index * 0.9),
  turn: index * 0.37,
}));

/** A dahlia from close by, leaves out of focus behind it. */
export function dahlia(): Scene {
  const soft = fractal(valueNoise(41), 3);
  const vein = fractal(valueNoise(42), 4);
  return (x, y) => {
    const fromX = x - CENTER.x;
    const fromY = y - CENTER.y;
    const radius = Math.hypot(fromX, fromY);
    const angle = Math.atan2(fromY, fromX);
    const blurred = soft(x * 3.2 + 8, y * 3.2);
    let color: Color = gradient(LEAVES, ramp(0.25, 0.85, blurred));
    // Highlights out of focus: discs of light.
    const cell = { x: Math.floor(x * 6), y: Math.floor(y * 6) };
    const discX = ((x * 6) % 1) - 0.5;
    const discY = ((y * 6) % 1) - 0.5;
    const bright = soft(cell.x * 1.7 + 40, cell.y * 2.3);
    const disc = ramp(0.4, 0.34, Math.hypot(discX, discY));
    color = blend(color, hex("#dfe7a0"), disc * ramp(0.52, 0.8, bright) * 0.5);
    color = shade(color, 1 - 0.55 * ramp(0.62, 0.4, radius));
    for (const ring of RINGS) color = petals(ring, color, radius, angle, vein);
    const heart = ramp(0.05, 0.02, radius);
    const grain = vein(x * 120, y * 120);
    return blend(color, blend(hex("#7a1240"), hex("#f5c35a"), grain), heart * 0.85);
  };
}

function petals(
  { reach, count, turn }: (typeof RINGS)[number],
  behind: Color,
  radius: number,
  angle: number,
  vein: (x: number, y: number) => number,
): Color {
  if (radius > reach * 1.05 + 0.03) return behind;
  const place = ((angle + turn) / (2 * Math.PI)) * count;
  const index = Math.floor(place);
  const aside = (place - index) * 2 - 1;
  // No two petals are alike: their length follows their number.
  const length = reach * (0.93 + 0.12 * vein(index * 3.1 + 0.5, turn * 9));
  const tip = length * Math.cos(aside * 0.95) ** 0.55;
  if (radius > tip) {
    // The petal's shadow on what lies behind it.
    return shade(behind, 1 - 0.5 * ramp(0.03, 0, radius - tip));
  }
  const along = radius / length;
  const cup = 1 - aside * aside;
  const streak = vein(aside * 7 + index * 11, along * 2.5 + turn);
  const light = clamp(
    0.14 +
      0.5 * along ** 1.6 +
      0.2 * cup * along +
      0.24 * (streak - 0.5) -
      0.12 * Math.sin(angle + 0.8),
  );
  const fold = 1 - 0.35 * ramp(0.78, 1, Math.abs(aside)) - 0.22 * ramp(0.1, 0, Math.abs(aside));
  const rim = ramp(0.05, 0, 1 - radius / tip) * 0.25;
  return blend(shade(gradient(PETAL, light), fold), [1, 0.93, 0.94], rim);
}

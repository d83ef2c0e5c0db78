import { blend, type Color, glow, gradient, hex, type Scene, shade } from "../canvas.ts";
import { clamp, fractal, mix, ramp, valueNoise } from "../noise.ts";
import { seeded } from "../random.ts";

const SKY = ["#050818", "#0b1436", "#26245c", "#6b3a6d", "#d97a5a"].map(hex);
const QUAY = 0.72;
const MOON = { x: 1.18, y: 0.2, radius: 0.05 };

interface Tower {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly wall: Color;
  readonly lamp: Color;
  readonly lit: number;
}

/** A skyline by night over water. */
export function nightCity(): Scene {
  const rows = [
    skyline(31, 0.2, 0.46, hex("#33315c")),
    skyline(32, 0.28, 0.36, hex("#191d3b")),
    skyline(33, 0.16, 0.2, hex("#0b0f22")),
  ];
  const stars = valueNoise(34);
  const smog = fractal(valueNoise(35), 5);
  const ripple = valueNoise(36);
  const windows = valueNoise(37);

  const city = (x: number, y: number): Color => {
    let color = gradient(SKY, y / QUAY);
    const star = stars(x * 210, y * 210);
    color = glow(color, [1, 1, 1], ramp(0.955, 0.995, star) * ramp(0.5, 0.1, y));
    const moon = Math.hypot(x - MOON.x, y - MOON.y);
    color = glow(color, hex("#c9cdf2"), 0.4 * Math.exp(-moon * 9));
    const seas = 0.8 + 0.25 * smog(x * 26, y * 26);
    color = blend(color, shade(hex("#f5efd9"), seas), ramp(MOON.radius, MOON.radius * 0.96, moon));
    color = blend(
      color,
      hex("#b0607a"),
      0.4 * ramp(0.45, 0.75, smog(x * 1.6, y * 7)) * ramp(0.15, 0.6, y),
    );
    rows.forEach((towers, index) => {
      const tower = towers.find(({ left, right }) => x >= left && x < right);
      if (tower === undefined || y < tower.top) return;
      color = facade(tower, x, y, 1.5 - index * 0.35, windows);
      color = blend(color, hex("#6b3a6d"), (0.34 - index * 0.14) * ramp(tower.top, QUAY, y));
    });
    return color;
  };

  return (x, y) => {
    if (y < QUAY) return city(x, y);
    const depth = (y - QUAY) / (1 - QUAY);
    const wave = ripple(x * mix(60, 16, depth), y * mix(420, 130, depth)) - 0.5;
    const smear = city(
      x + wave * 0.03,
      Math.max(0, QUAY - (y - QUAY) * 1.9 + wave * 0.09 * (0.3 + depth)),
    );
    return shade(blend(smear, hex("#060a1c"), 0.3 + 0.35 * depth), 1 + wave * 0.5);
  };
}

function facade(
  { wall, lamp, lit, top, left, right }: Tower,
  x: number,
  y: number,
  size: number,
  noise: (x: number, y: number) => number,
): Color {
  const base = shade(wall, 0.9 + 0.5 * ramp(right, left, x));
  const pitch = 0.012 * size;
  const column = (x - left) / pitch;
  const row = (y - top) / (pitch * 1.35);
  const inX = column % 1;
  const inY = row % 1;
  const inside =
    inX > 0.28 && inX < 0.78 && inY > 0.3 && inY < 0.75 && row > 1 && right - x > pitch * 0.4;
  if (!inside) return base;
  // One number a window: whole lattice points of the noise.
  const chance = noise(
    Math.floor(column) + Math.floor(left * 997),
    Math.floor(row) + Math.floor(left * 313),
  );
  return chance < lit ? blend(base, lamp, clamp(0.55 + chance * 0.9)) : shade(base, 0.7);
}

function skyline(seed: number, rise: number, spread: number, wall: Color): readonly Tower[] {
  const random = seeded(seed);
  const lamps = ["#ffd58a", "#ffe9bd", "#ffb866", "#bfe0ff"].map(hex);
  const towers: Tower[] = [];
  for (let left = -0.05; left < 1.6; ) {
    const right = left + 0.045 + random() * 0.085;
    const middle = 1 - Math.abs(left - 0.62) * 0.75;
    const top = QUAY - (rise * 0.35 + random() ** 1.6 * spread) * clamp(middle + 0.15);
    const lamp = lamps[Math.floor(random() * lamps.length)] ?? hex("#ffd58a");
    towers.push({
      left,
      right,
      top,
      wall: shade(wall, 0.8 + random() * 0.4),
      lamp,
      lit: 0.22 + random() * 0.35,
    });
    left = right + (random() < 0.35 ? random() * 0.03 : 0);
  }
  return towers;
}

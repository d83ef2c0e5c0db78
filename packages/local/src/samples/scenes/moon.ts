import { clamp, fractal, ramp, valueNoise } from "../noise.ts";
import { seeded } from "../random.ts";

/** The moon's brightness at (x, y), in [0, 1]: gray, with more steps than eight bits have. */
export function moon(): (x: number, y: number) => number {
  const dust = fractal(valueNoise(71), 6);
  const random = seeded(72);
  const craters = Array.from({ length: 190 }, () => ({
    x: random() * 2 - 1,
    y: random() * 2 - 1,
    radius: 0.012 + 0.13 * random() ** 5,
  }));
  return (x, y) => {
    const across = (x - 0.5) / 0.42;
    const down = (y - 0.5) / 0.42;
    const square = across * across + down * down;
    if (square > 1) return 0.004;
    const toEye = Math.sqrt(1 - square);
    const seas = ramp(0.62, 0.42, dust(across * 1.5 + 4, down * 1.5 + 2));
    let relief = 0.6 * (dust(across * 8, down * 8) - dust(across * 8 + 0.12, down * 8 + 0.05));
    let tone = 0.94 - 0.42 * seas + 0.16 * (dust(across * 20, down * 20) - 0.5);
    for (const crater of craters) {
      const fromX = (across - crater.x) / crater.radius;
      const fromY = (down - crater.y) / crater.radius;
      if (fromX * fromX + fromY * fromY > 2.6) continue;
      const far = Math.hypot(fromX, fromY);
      const wall = ramp(0.55, 0.9, far) * ramp(1.25, 0.95, far);
      const side = (fromX * 0.85 + fromY * 0.35) / Math.max(far, 0.01);
      relief += 0.42 * wall * (far < 0.95 ? side : -side);
      tone += 0.1 * ramp(1.6, 1, far) * ramp(0.9, 1.05, far);
    }
    const sun = clamp(across * -0.62 + down * -0.2 + toEye * 0.76);
    return (
      clamp((sun ** 0.75 + relief * (1.15 - sun * 0.5)) * tone * ramp(1, 0.985, square)) *
      ramp(-0.02, 0.2, sun)
    );
  };
}

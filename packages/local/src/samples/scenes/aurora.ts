import { blend, type Color, glow, gradient, hex, type Scene } from "../canvas.ts";
import { fractal, ramp, valueNoise } from "../noise.ts";

const SKY = ["#030713", "#071127", "#0c1f3c", "#17395a"].map(hex);
const SNOW = ["#16324a", "#2a5a6c", "#5a9a94"].map(hex);
const CURTAINS = [
  { y: 0.5, tall: 0.42, sway: 0.2, seed: 3.1, light: hex("#3dffa2") },
  { y: 0.4, tall: 0.34, sway: 0.16, seed: 9.7, light: hex("#2ee6c0") },
  { y: 0.32, tall: 0.3, sway: 0.12, seed: 15.2, light: hex("#a86bff") },
] as const;

/** Northern lights over a snowy forest. */
export function aurora(): Scene {
  const drift = fractal(valueNoise(61), 4);
  const rays = fractal(valueNoise(62), 3);
  const stars = valueNoise(63);
  return (x, y) => {
    let color: Color = gradient(SKY, y / 0.8);
    color = glow(color, [1, 1, 1], ramp(0.95, 0.995, stars(x * 190, y * 190)) * 0.9);
    for (const { y: base, tall, sway, seed, light } of CURTAINS) {
      const foot = base + sway * (drift(x * 1.6 + seed, seed) * 2 - 1);
      const above = (foot - y) / tall;
      if (above < -0.08) continue;
      const ray = 0.35 + 0.9 * rays(x * 16 + seed, y * 0.9);
      const edge = ramp(-0.08, 0.03, above) * Math.exp(-Math.max(above, 0) * 3.1);
      const patchy = ramp(0.25, 0.7, drift(x * 1.1 - seed, 4 + seed));
      color = glow(color, blend(light, hex("#c04dff"), ramp(0.3, 1, above)), edge * ray * patchy);
    }
    const ground = 0.83 + 0.05 * (drift(x * 1.4, 30) - 0.5);
    const spruce = treeLine(x, 0.055, 23, 0.13, rays, ground);
    if (y > spruce && y < ground + 0.02) return [0.012, 0.028, 0.04];
    if (y < ground) return color;
    const snow = gradient(SNOW, drift(x * 3, y * 9));
    return blend(snow, hex("#071220"), ramp(ground, 1.05, y) * 0.8);
  };
}

/** The height of the trees at x: a triangle each, jagged by its branches. */
function treeLine(
  x: number,
  pitch: number,
  seed: number,
  tall: number,
  noise: (x: number, y: number) => number,
  ground: number,
): number {
  let top = ground;
  for (const shift of [0, 0.37, 0.71]) {
    const place = x / pitch + shift;
    const index = Math.floor(place);
    const aside = Math.abs(place - index - 0.5) * 2;
    const height = tall * (0.35 + 0.9 * noise(index * 7.3 + shift * 50, seed));
    const branch = 0.12 * ((aside * 7) % 1);
    top = Math.min(top, ground - height * (1 - aside * 1.25 + branch));
  }
  return top;
}

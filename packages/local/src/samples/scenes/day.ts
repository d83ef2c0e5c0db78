import { blend, type Color, glow, gradient, hex, type Scene, shade } from "../canvas.ts";
import { fractal, ramp, valueNoise } from "../noise.ts";

const NIGHT = ["#070b22", "#121a3d", "#24305c"].map(hex);
const NOON = ["#3f86d8", "#86bdee", "#d5ecf7"].map(hex);
const DUSK = ["#33306b", "#a14f6e", "#f6a25e"].map(hex);
const HILLS = ["#5d7f58", "#44683f", "#2b4a2a"].map(hex);

/** Hills at an hour of the day, from 0 (midnight) to 1 (the next). */
export function day(hour: number): Scene {
  const crest = fractal(valueNoise(81), 4);
  const stars = valueNoise(82);
  const turn = (hour - 0.25) * 2 * Math.PI;
  const sun = { x: 0.8 - 0.62 * Math.cos(turn), y: 0.72 - 0.55 * Math.sin(turn) };
  const height = Math.sin(turn);
  const light = ramp(-0.25, 0.5, height);
  const dusk = ramp(0.5, 0, Math.abs(height));
  const daylight = blend(blend([0.2, 0.24, 0.42], [1, 1, 1], light), [1, 0.72, 0.5], dusk * 0.6);
  return (x, y) => {
    const at = y / 0.75;
    let color: Color = blend(gradient(NIGHT, at), gradient(NOON, at), light);
    color = blend(color, gradient(DUSK, at), dusk * 0.85);
    color = glow(color, [1, 1, 1], ramp(0.95, 0.99, stars(x * 60, y * 60)) * (1 - light));
    const far = Math.hypot(x - sun.x, y - sun.y);
    color = glow(color, hex("#ffd890"), 0.6 * Math.exp(-far * 5));
    color = blend(color, hex("#fff3cf"), ramp(0.075, 0.065, far));
    HILLS.forEach((hill, index) => {
      const top =
        0.62 + index * 0.11 - 0.22 * (crest(x * (1.2 + index * 0.5) + index * 20, index) - 0.4);
      if (y < top) return;
      const lit = shade(hill, 1.25 - 1.1 * (y - top));
      color = [lit[0] * daylight[0], lit[1] * daylight[1], lit[2] * daylight[2]];
    });
    return color;
  };
}

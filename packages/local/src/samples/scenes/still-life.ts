import { blend, type Color, gradient, hex, type Scene, shade } from "../canvas.ts";
import { clamp, fractal, ramp, valueNoise } from "../noise.ts";

interface Fruit {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly skin: readonly Color[];
  /** Pores of an orange, streaks of an apple. */
  readonly texture: "pores" | "streaks";
}

const ORANGE = ["#7a2c05", "#d9690f", "#f59a2a", "#ffc766"].map(hex);
const APPLE = ["#3d0708", "#9a1a17", "#cf3a2b", "#f0885f"].map(hex);
const LIME = ["#173508", "#4b7a16", "#8db83a", "#d5e58a"].map(hex);

const WALL = ["#191a1c", "#38393a", "#7a7566", "#b8aa8c"].map(hex);
const WOOD = ["#2a1509", "#5e351a", "#8d5a30", "#b98350"].map(hex);

/** From the back to the front. */
const FRUITS: readonly Fruit[] = [
  { x: 0.28, y: 0.6, radius: 0.125, skin: APPLE, texture: "streaks" },
  { x: 0.5, y: 0.575, radius: 0.135, skin: ORANGE, texture: "pores" },
  { x: 0.405, y: 0.7, radius: 0.13, skin: ORANGE, texture: "pores" },
  { x: 0.6, y: 0.715, radius: 0.092, skin: LIME, texture: "pores" },
  { x: 0.2, y: 0.755, radius: 0.085, skin: LIME, texture: "pores" },
];

const TABLE = 0.62;
const LIGHT = normal(-0.55, -0.62, 0.56);

/** Fruit on a wooden table before a dark wall, lit from a window on the left. */
export function stillLife(): Scene {
  const plaster = fractal(valueNoise(21), 5);
  const grain = fractal(valueNoise(22), 4);
  const skin = fractal(valueNoise(23), 3);

  const room = (x: number, y: number): Color => {
    if (y < TABLE) {
      const window = Math.exp(-((x - 0.1) ** 2 + (y - 0.28) ** 2) * 4.5);
      const wall = gradient(WALL, 0.12 + window * 0.75);
      return shade(wall, 0.82 + 0.36 * plaster(x * 7, y * 7));
    }
    const board = Math.floor((y - TABLE) * 9 + 0.2);
    const rings = grain(x * 2.2 + board * 13, y * 46 + 3 * grain(x * 3 + board * 5, y * 4));
    const wood = gradient(WOOD, 0.1 + rings * 0.95);
    const seam = ramp(0.012, 0.03, Math.abs((((y - TABLE) * 9 + 0.2) % 1) - 0.02));
    const falloff = 1.12 - 0.75 * x - 0.35 * ramp(0.85, 1, y);
    return shade(wood, falloff * (0.45 + 0.55 * seam));
  };

  return (x, y) => {
    let color = room(x, y);
    for (const fruit of FRUITS) {
      const across = (x - fruit.x) / fruit.radius;
      const down = (y - fruit.y) / fruit.radius;
      const square = across * across + down * down;
      // The shadow lies to the right of what casts it, flat on the table.
      const castX = across - 0.75;
      const castY = (down - 0.95) * 3.4;
      if (y > TABLE)
        color = shade(color, 1 - 0.72 * Math.exp(-(castX * castX * 0.8 + castY * castY) * 1.1));
      if (square > 1) continue;
      color = blend(color, fruitColor(fruit, across, down, square, skin), ramp(1, 0.975, square));
    }
    return color;
  };
}

function fruitColor(
  { skin, texture, x, y }: Fruit,
  across: number,
  down: number,
  square: number,
  noise: (x: number, y: number) => number,
): Color {
  const toEye = Math.sqrt(Math.max(0, 1 - square));
  const scale = texture === "pores" ? 26 : 5;
  const bump =
    noise(x * 90 + across * scale, y * 90 + down * (texture === "pores" ? scale : 2.2)) - 0.5;
  const relief = texture === "pores" ? 0.32 : 0.08;
  const facing = across * LIGHT[0] + down * LIGHT[1] + toEye * LIGHT[2] + bump * relief;
  const bounce = 0.1 * clamp(down) * toEye;
  const body = gradient(
    skin,
    clamp(0.16 + 0.78 * facing + bounce + bump * (texture === "streaks" ? 0.5 : 0)),
  );
  const shine = clamp(facing) ** 26;
  return blend(shade(body, 0.55 + 0.45 * toEye), [1, 0.98, 0.92], shine * 0.62);
}

function normal(x: number, y: number, z: number): readonly [number, number, number] {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

import { seeded } from "./random.ts";

/** Smooth noise over the plane, in [0, 1]. */
export type Noise = (x: number, y: number) => number;

const SIZE = 256;
const MASK = SIZE - 1;

/** Value noise on a lattice of random heights: what hills, clouds and stone are made of. */
export function valueNoise(seed: number): Noise {
  const random = seeded(seed);
  const heights = Float32Array.from({ length: SIZE * SIZE }, random);
  return (x, y) => {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const across = smooth(x - column);
    const down = smooth(y - row);
    const top = (row & MASK) * SIZE;
    const bottom = ((row + 1) & MASK) * SIZE;
    const left = column & MASK;
    const right = (column + 1) & MASK;
    const upper = mix(heights[top + left] ?? 0, heights[top + right] ?? 0, across);
    const lower = mix(heights[bottom + left] ?? 0, heights[bottom + right] ?? 0, across);
    return mix(upper, lower, down);
  };
}

/** Octaves of noise, each twice as fine and half as strong as the one before; in [0, 1]. */
export function fractal(noise: Noise, octaves: number): Noise {
  return (x, y) => {
    let sum = 0;
    let weight = 0;
    let strength = 1;
    let scale = 1;
    for (let octave = 0; octave < octaves; octave++) {
      sum += strength * noise(x * scale + octave * 17.3, y * scale - octave * 9.1);
      weight += strength;
      strength *= 0.5;
      scale *= 2;
    }
    return sum / weight;
  };
}

export function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

export function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** 0 below `from`, 1 above `to`, and a soft curve in between. */
export function ramp(from: number, to: number, value: number): number {
  return smooth(clamp((value - from) / (to - from)));
}

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

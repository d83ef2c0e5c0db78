/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

const LEVELS = 6;
const STEP = 255 / (LEVELS - 1);
export const COLORS = LEVELS ** 3;

/** Colors that JPEG leaves distinguishable. */
export function colorOf(number: number): Rgb {
  const level = (place: number) => (Math.floor(number / LEVELS ** place) % LEVELS) * STEP;
  return [level(2), level(1), level(0)];
}

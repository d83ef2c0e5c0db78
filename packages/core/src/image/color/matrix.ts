import type { Primaries } from "../../plan/index.ts";

export type Vector = readonly [number, number, number];
/** By columns: the XYZ of red, green and blue. */
export type Matrix = readonly [Vector, Vector, Vector];

export function rgbToXyz(primaries: Primaries): Matrix {
  const [red, green, blue, white] = primaries.map(
    ([x, y]): Vector =>
      y === 0 ? [x === 1 ? 1 : 0, 0, x === 1 ? 0 : 1] : [x / y, 1, (1 - x - y) / y],
  );
  if (!red || !green || !blue || !white) throw new RangeError("four chromaticities are required");
  const [r, g, b] = times(inverse([red, green, blue]), white);
  return [scaled(red, r), scaled(green, g), scaled(blue, b)];
}

/**
 * Converts light under the white of the primaries to light under D50, as in profiles, by the
 * Bradford method.
 */
export function toD50(primaries: Primaries): Matrix {
  const [x, y] = primaries[3];
  const from = times(BRADFORD, [x / y, 1, (1 - x - y) / y]);
  const to = times(BRADFORD, D50);
  const back = inverse(BRADFORD);
  const adapted = (color: Vector): Vector => {
    const [l, m, s] = times(BRADFORD, color);
    return times(back, [(l * to[0]) / from[0], (m * to[1]) / from[1], (s * to[2]) / from[2]]);
  };
  const [red, green, blue] = rgbToXyz(primaries);
  return [adapted(red), adapted(green), adapted(blue)];
}

export const D50: Vector = [0.9642, 1, 0.8249];

/** ICC.1:2022, annex E. */
const BRADFORD: Matrix = [
  [0.8951, -0.7502, 0.0389],
  [0.2664, 1.7135, -0.0685],
  [-0.1614, 0.0367, 1.0296],
];

function scaled([x, y, z]: Vector, factor: number): Vector {
  return [x * factor, y * factor, z * factor];
}

function times([a, b, c]: Matrix, [x, y, z]: Vector): Vector {
  const row = (at: 0 | 1 | 2) => a[at] * x + b[at] * y + c[at] * z;
  return [row(0), row(1), row(2)];
}

export function inverse([a, b, c]: Matrix): Matrix {
  const [bc, ca, ab] = [cross(b, c), cross(c, a), cross(a, b)];
  const volume = a[0] * bc[0] + a[1] * bc[1] + a[2] * bc[2];
  const [u, v, w] = [scaled(bc, 1 / volume), scaled(ca, 1 / volume), scaled(ab, 1 / volume)];
  return [
    [u[0], v[0], w[0]],
    [u[1], v[1], w[1]],
    [u[2], v[2], w[2]],
  ];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** The matrix that applies the other matrix first and then `second`. */
export function after(second: Matrix, [a, b, c]: Matrix): Matrix {
  return [times(second, a), times(second, b), times(second, c)];
}

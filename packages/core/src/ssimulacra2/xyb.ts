const f = Math.fround;

/**
 * The light of each byte of sRGB, 0 to 1, by libjxl's approximation: lib/jxl/transfer_functions-inl.h
 * (TF_SRGB::DisplayFromEncoded), in 32 bits.
 */
export const LINEAR = Float32Array.from({ length: 256 }, (_, byte) => {
  const x = f(byte * f(1 / 255));
  if (x <= f(0.04045)) return x * f(1 / f(12.92));
  const horner = (...terms: number[]) => terms.map(f).reduce((sum, term) => f(sum * x + term));
  return (
    horner(8.210152774e-1, 7.961564959e-1, 1.624820318e-1, 1.043637593e-2, 2.200248328e-4) /
    horner(6.521209011e-3, -5.512498495e-2, 4.98752835e-1, 1.076976492, 2.63184697e-1)
  );
});

// The opsin absorbance: lib/jxl/opsin_params.h.
const [M00, M02] = [f(0.3), f(0.078)];
const [M10, M12] = [f(0.23), f(0.078)];
const [M20, M21] = [f(0.24342268924547819), f(0.20476744424496821)];
const [M01, M11, M22] = [f(f(1 - M02) - M00), f(f(1 - M12) - M10), f(f(1 - M20) - M21)];
const BIAS = f(0.0037930732552754493);
const BIAS_ROOT = f(Math.cbrt(BIAS));

export type Planes = readonly [Float32Array, Float32Array, Float32Array];

/**
 * XYB of linear RGB (lib/jxl/enc_xyb.cc), moved so that its values are in about 0 to 1 and B has no luma
 * (MakePositiveXYB in ssimulacra2.cc).
 */
export function xybOf(linear: Planes): Planes {
  const long = roots(mixed(linear, M00, M01, M02));
  const middle = roots(mixed(linear, M10, M11, M12));
  const short = roots(mixed(linear, M20, M21, M22));
  for (let at = 0; at < long.length; at++) {
    const l = long[at] ?? 0;
    const m = middle[at] ?? 0;
    const y = f(f(l + m) / 2);
    long[at] = f((f(l - m) / 2) * 14) + f(0.42);
    middle[at] = y + f(0.01);
    short[at] = f((short[at] ?? 0) - y) + f(0.55);
  }
  return [long, middle, short];
}

function mixed([red, green, blue]: Planes, r: number, g: number, b: number): Float32Array {
  const plane = new Float32Array(red.length);
  for (let at = 0; at < plane.length; at++) {
    plane[at] = r * (red[at] ?? 0) + f(g * (green[at] ?? 0) + f(b * (blue[at] ?? 0) + BIAS));
  }
  return plane;
}

const [THIRD, FOUR_THIRDS] = [f(1 / 3), f(4 / 3)];

/** Cube roots without that of the bias, in place: CubeRootAndAdd of lib/jxl/fast_math-inl.h. */
function roots(plane: Float32Array): Float32Array {
  const bits = new Int32Array(plane.buffer);
  for (let at = 0; at < plane.length; at++) {
    const x = plane[at] ?? 0;
    bits[at] = 0x54800000 - ((bits[at] ?? 0) >> 23) * 0x002aaaaa;
    // The inverse of the root, by Newton's method.
    let inverse = plane[at] ?? 0;
    const third = f(THIRD * x);
    for (let round = 0; round < 3; round++) {
      const square = f(inverse * inverse);
      inverse = f(f(FOUR_THIRDS * inverse) - third * f(square * square));
    }
    const square = f(inverse * inverse);
    inverse = f(THIRD * f(inverse - x * f(square * square)) + inverse);
    plane[at] = f(inverse * inverse) * x - BIAS_ROOT;
  }
  return plane;
}

const f = Math.fround;

const RADIUS = 5;
const LANES = 4;
/** As many zeros are before and after a row. */
const BORDER = 2 * RADIUS;

/**
 * The weights of the cosines cos(kπm / 2N) for k = 1, 3, 5 whose sum, for |m| < N = 5, is a Gaussian of sigma
 * 1.5. Charalampidis: Recursive Implementation of the Gaussian Filter Using Truncated Cosine Functions
 * (2016), formulas 37 to 57.
 */
const COSINES = [
  [1, 0.17893914164149127],
  [3, 0.07272614473619016],
  [5, 0.012955819110517082],
].map(([k = 0, weight = 0]) => {
  const omega = (k * Math.PI) / (2 * RADIUS);
  // Formula 33.
  const n2 = -weight * Math.cos(omega * (RADIUS + 1));
  const d1 = -2 * Math.cos(omega);
  const d2 = d1 * d1;
  return {
    n2: f(n2),
    d1: f(d1),
    // Formula 35, expanded for four values in a row.
    inputs: [n2, -d1 * n2, d2 * n2 - n2, -d2 * d1 * n2 + 2 * d1 * n2].map(f),
    before: [-d1, d2 - 1, -d2 * d1 + 2 * d1, d2 * d2 - 3 * d2 + 1].map(f),
    beforeThat: [-1, d1, 1 - d2, d2 * d1 - 2 * d1].map(f),
  };
});
type Cosine = (typeof COSINES)[number];

/**
 * The recursive Gaussian of libjxl (lib/jxl/gauss_blur.cc), of sigma 1.5. In exact numbers it is a kernel of
 * nine values. Its rounding in 32 bits is repeated here, with fused multiplication and addition as on x64:
 * the weights of the score were found with it, and where both images are flat there is nothing else to see.
 * Beyond its edges a plane is 0.
 */
export function blurred(plane: Float32Array, width: number, height: number): Float32Array {
  const rows = new Float32Array(plane.length);
  const waves = COSINES.map(() => new Float32Array(width));
  const [first = rows, third = rows, fifth = rows] = waves;
  const row = new Float32Array(2 * BORDER + width);
  for (let y = 0; y < height; y++) {
    row.set(plane.subarray(y * width, (y + 1) * width), BORDER);
    for (const [at, cosine] of COSINES.entries()) alongRow(row, cosine, waves[at] ?? rows);
    for (let x = 0, at = y * width; x < width; x++, at++) {
      rows[at] = (first[x] ?? 0) + f((third[x] ?? 0) + (fifth[x] ?? 0));
    }
  }
  return alongColumns(rows, width, height);
}

function alongRow(row: Float32Array, cosine: Cosine, result: Float32Array): void {
  const { length } = result;
  const [i0 = 0, i1 = 0, i2 = 0, i3 = 0] = cosine.inputs;
  const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = cosine.before;
  const [q0 = 0, q1 = 0, q2 = 0, q3 = 0] = cosine.beforeThat;
  const end = length - RADIUS + 2 - LANES;
  let before = 0;
  let beforeThat = 0;
  for (let n = 1 - RADIUS; n < length; ) {
    const left = BORDER + n - RADIUS - 1;
    const right = BORDER + n + RADIUS - 1;
    const a = f((row[left] ?? 0) + (row[right] ?? 0));
    const v0 = f(a * i0);
    if (n < 2 * LANES || n >= end) {
      const value = f(p0 * before + f(v0 - beforeThat));
      if (n >= 0) result[n] = value;
      beforeThat = before;
      before = value;
      n++;
      continue;
    }
    const b = f((row[left + 1] ?? 0) + (row[right + 1] ?? 0));
    const c = f((row[left + 2] ?? 0) + (row[right + 2] ?? 0));
    const d = f((row[left + 3] ?? 0) + (row[right + 3] ?? 0));
    const v1 = f(i0 * b + f(a * i1));
    const v2 = f(i0 * c + f(i1 * b + f(a * i2)));
    const v3 = f(i0 * d + f(i1 * c + f(i2 * b + f(a * i3))));
    const third = f(p2 * before + f(q2 * beforeThat + v2));
    const fourth = f(p3 * before + f(q3 * beforeThat + v3));
    result[n] = p0 * before + f(q0 * beforeThat + v0);
    result[n + 1] = p1 * before + f(q1 * beforeThat + v1);
    result[n + 2] = third;
    result[n + 3] = fourth;
    beforeThat = third;
    before = fourth;
    n += LANES;
  }
}

function alongColumns(plane: Float32Array, width: number, height: number): Float32Array {
  const result = new Float32Array(plane.length);
  const nothing = new Float32Array(width);
  const rowOf = (y: number) =>
    y >= 0 && y < height ? plane.subarray(y * width, (y + 1) * width) : nothing;
  const [one, three, five] = COSINES;
  if (one === undefined || three === undefined || five === undefined) throw new Error("no cosines");
  let [a1, a3, a5, b1, b3, b5] = Array.from({ length: 6 }, () => new Float32Array(width));
  if (!a1 || !a3 || !a5 || !b1 || !b3 || !b5) throw new Error("no state");
  for (let n = 1 - RADIUS; n < height; n++) {
    const above = rowOf(n - RADIUS - 1);
    const below = rowOf(n + RADIUS - 1);
    const to = n >= 0 ? result.subarray(n * width, (n + 1) * width) : nothing;
    for (let x = 0; x < width; x++) {
      const sum = f((above[x] ?? 0) + (below[x] ?? 0));
      const c1 = f(one.n2 * sum + f(-one.d1 * (a1[x] ?? 0) - (b1[x] ?? 0)));
      const c3 = f(three.n2 * sum + f(-three.d1 * (a3[x] ?? 0) - (b3[x] ?? 0)));
      const c5 = f(five.n2 * sum + f(-five.d1 * (a5[x] ?? 0) - (b5[x] ?? 0)));
      b1[x] = c1;
      b3[x] = c3;
      b5[x] = c5;
      if (n >= 0) to[x] = c1 + f(c3 + c5);
    }
    [a1, b1] = [b1, a1];
    [a3, b3] = [b3, a3];
    [a5, b5] = [b5, a5];
  }
  return result;
}

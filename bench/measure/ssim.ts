/** Pixels, channel after channel; the first three are red, green and blue. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

const WINDOW = 8;
const STEP = 4;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/**
 * The mean structural similarity of the luma of two pictures, 1 for equal ones: windows of 8 x 8 px, 4 px apart
 * (Wang et al. 2004, https://doi.org/10.1109/TIP.2003.819861).
 *
 * @throws RangeError for pictures of different sizes, or smaller than a window
 */
export function ssim(a: Raster, b: Raster): number {
  const { width, height } = a;
  if (b.width !== width || b.height !== height || Math.min(width, height) < WINDOW) {
    throw new RangeError(
      `${width} x ${height} px cannot be compared with ${b.width} x ${b.height}`,
    );
  }
  const [one, other] = [luma(a), luma(b)];
  let sum = 0;
  let windows = 0;
  for (let top = 0; top + WINDOW <= height; top += STEP) {
    for (let left = 0; left + WINDOW <= width; left += STEP) {
      sum += windowed(one, other, top * width + left, width);
      windows += 1;
    }
  }
  return sum / windows;
}

function windowed(a: Float64Array, b: Float64Array, start: number, width: number): number {
  const count = WINDOW * WINDOW;
  let [sumA, sumB, squareA, squareB, both] = [0, 0, 0, 0, 0];
  for (let row = 0; row < WINDOW; row++) {
    for (let at = start + row * width; at < start + row * width + WINDOW; at++) {
      const one = a[at] ?? 0;
      const other = b[at] ?? 0;
      sumA += one;
      sumB += other;
      squareA += one * one;
      squareB += other * other;
      both += one * other;
    }
  }
  const [meanA, meanB] = [sumA / count, sumB / count];
  const variances = squareA / count - meanA ** 2 + squareB / count - meanB ** 2;
  const covariance = both / count - meanA * meanB;
  return (
    ((2 * meanA * meanB + C1) * (2 * covariance + C2)) /
    ((meanA ** 2 + meanB ** 2 + C1) * (variances + C2))
  );
}

/** The weights of Rec. 601, which JPEG, WebP and AVIF use. */
function luma({ data, width, height, channels }: Raster): Float64Array {
  return Float64Array.from({ length: width * height }, (_unused, px) => {
    const at = px * channels;
    if (channels < 3) return data[at] ?? 0;
    return 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
  });
}

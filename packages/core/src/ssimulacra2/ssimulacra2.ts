import { blurred } from "./blur.ts";
import { LINEAR, type Planes, xybOf } from "./xyb.ts";

/** Pixels in sRGB, three bytes each, row by row. Transparent ones are to be put on a background before. */
export interface RgbImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
}

/**
 * SSIMULACRA 2.1, a perceptual score of a compressed image beside its original: 100 is identical, above
 * 90 cannot be distinguished from the original at 1:1, 70 to 90 is high, 50 to 70 medium and below 50 low quality;
 * very different images have less than 0. After the reference implementation, and with its weights:
 * https://github.com/cloudinary/ssimulacra2/blob/81feacf/src/ssimulacra2.cc
 *
 * Images are compared in XYB at six scales. The original is prepared once, and compared many times. What
 * that implementation computes in 32 bits is so here, so that the scores are the same.
 *
 * @example
 * const original = new Ssimulacra2({ data, width, height });
 * original.score({ data: compressed, width, height }); // 81.4
 */
export class Ssimulacra2 {
  readonly #width: number;
  readonly #height: number;
  readonly #scales: readonly Scale[];

  /** @throws RangeError for an image of less than 8 x 8 px, or whose data has another length */
  constructor(original: RgbImage) {
    check(original);
    this.#width = original.width;
    this.#height = original.height;
    this.#scales = [...scalesOf(original)].map(({ width, height, planes }) => ({
      width,
      height,
      channels: planes.map((plane) => ({
        plane,
        mean: blurred(plane, width, height),
        square: blurred(product(plane, plane), width, height),
      })),
    }));
  }

  /** @throws RangeError for an image of another size */
  score(image: RgbImage): number {
    check(image);
    const { width, height } = image;
    if (width !== this.#width || height !== this.#height) {
      throw new RangeError(
        `the image has ${width} x ${height} px, and the original ${this.#width} x ${this.#height}`,
      );
    }
    const others = scalesOf(image);
    // By channel, then by scale: where an image is too small for a scale, the weights of the next follow.
    const norms: number[][][] = [[], [], []];
    for (const scale of this.#scales) {
      const { value: other } = others.next();
      for (const [channel, one] of scale.channels.entries()) {
        const plane = other?.planes[channel];
        if (plane) norms[channel]?.push(normsOf(scale, one, plane));
      }
    }
    const weighted = norms.flat(2).reduce((sum, norm, at) => sum + norm * (WEIGHTS[at] ?? 0), 0);
    return scoreOf(weighted);
  }
}

interface Channel {
  readonly plane: Float32Array;
  readonly mean: Float32Array;
  /** The blurred square. */
  readonly square: Float32Array;
}

interface Scale {
  readonly width: number;
  readonly height: number;
  readonly channels: readonly Channel[];
}

const SCALES = 6;
const SMALLEST_SIDE = 8;

function check({ data, width, height }: RgbImage): void {
  if (width < SMALLEST_SIDE || height < SMALLEST_SIDE) {
    throw new RangeError(`the image has ${width} x ${height} px: it needs at least 8 x 8`);
  }
  if (data.length !== width * height * 3) {
    throw new RangeError(
      `the image has ${data.length} bytes: ${width} x ${height} px in RGB are ${width * height * 3}`,
    );
  }
}

/** The planes X, Y and B of each scale: every one has half of the sides of the one before. */
function* scalesOf({ data, width, height }: RgbImage) {
  const lightOf = (channel: number) => {
    const plane = new Float32Array(width * height);
    for (let at = 0, from = channel; at < plane.length; at++, from += 3) {
      plane[at] = LINEAR[data[from] ?? 0] ?? 0;
    }
    return plane;
  };
  let linear: Planes = [lightOf(0), lightOf(1), lightOf(2)];
  for (let scale = 0; scale < SCALES; scale++) {
    yield { width, height, planes: xybOf(linear) };
    // After a side of less than 8 px, as in the reference implementation: its last scale is smaller.
    if (width < SMALLEST_SIDE || height < SMALLEST_SIDE) return;
    const half = (plane: Float32Array) => halved(plane, width, height);
    linear = [half(linear[0]), half(linear[1]), half(linear[2])];
    width = Math.ceil(width / 2);
    height = Math.ceil(height / 2);
  }
}

/** Means of 2 x 2 px; the last column and row count twice where a side is odd. */
function halved(plane: Float32Array, width: number, height: number): Float32Array {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const half = new Float32Array(halfWidth * halfHeight);
  for (let y = 0, at = 0; y < halfHeight; y++) {
    const top = 2 * y * width;
    const bottom = Math.min(2 * y + 1, height - 1) * width;
    for (let x = 0; x < halfWidth; x++, at++) {
      const left = 2 * x;
      const right = Math.min(left + 1, width - 1);
      const upper = (plane[top + left] ?? 0) + (plane[top + right] ?? 0);
      const lower = (plane[bottom + left] ?? 0) + (plane[bottom + right] ?? 0);
      half[at] = (upper + lower) / 4;
    }
  }
  return half;
}

function product(a: Float32Array, b: Float32Array): Float32Array {
  const result = new Float32Array(a.length);
  for (let at = 0; at < result.length; at++) result[at] = (a[at] ?? 0) * (b[at] ?? 0);
  return result;
}

const f = Math.fround;
const C2 = f(0.0009);

/** The means, and then the 4-norms, of three errors: of structure, of edges that were added, and of lost ones. */
function normsOf({ width, height }: Scale, one: Channel, plane: Float32Array): number[] {
  const mean = blurred(plane, width, height);
  const square = blurred(product(plane, plane), width, height);
  const mixed = blurred(product(one.plane, plane), width, height);
  let [structure, structure4, added, added4, lost, lost4] = [0, 0, 0, 0, 0, 0];
  const { length } = plane;
  for (let at = 0; at < length; at++) {
    const m1 = one.mean[at] ?? 0;
    const m2 = mean[at] ?? 0;
    const luma = f(1 - f((m1 - m2) * f(m1 - m2)));
    const covariance = f(2 * f((mixed[at] ?? 0) - f(m1 * m2)) + C2);
    const variance = f((one.square[at] ?? 0) - f(m1 * m1));
    const other = f((square[at] ?? 0) - f(m2 * m2));
    const error = Math.max(0, 1 - f(f(luma * covariance) / f(f(variance + other) + C2)));
    structure += error;
    structure4 += error * error * (error * error);
    const before = 1 + Math.abs((one.plane[at] ?? 0) - m1);
    const edge = (1 + Math.abs((plane[at] ?? 0) - m2)) / before - 1;
    if (edge > 0) {
      added += edge;
      added4 += edge * edge * (edge * edge);
    } else {
      lost -= edge;
      lost4 += edge * edge * (edge * edge);
    }
  }
  const fourths = [structure4, added4, lost4].map((sum) => (sum / length) ** 0.25);
  return [structure / length, added / length, lost / length, ...fourths];
}

function scoreOf(weighted: number): number {
  const sum = weighted * 0.9562382616834844;
  const error =
    2.326765642916932 * sum - 0.020884521182843837 * sum ** 2 + 6.248496625763138e-5 * sum ** 3;
  return error > 0 ? 100 - 10 * error ** 0.6276336467831387 : 100;
}

/** By channel, scale, norm (mean, 4-norm) and error (structure, added edges, lost edges). */
const WEIGHTS: readonly number[] = [
  0, 0.0007376606707406586, 0, 0, 0.0007793481682867309, 0, 0, 0.0004371155730107379, 0,
  1.1041726426657346, 0.00066284834129271, 0.00015231632783718752, 0, 0.0016406437456599754, 0,
  1.8422455520539298, 11.441172603757666, 0, 0.0007989109436015163, 0.000176816438078653, 0,
  1.8787594979546387, 10.94906990605142, 0, 0.0007289346991508072, 0.9677937080626833, 0,
  0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053, 0.0004550992113792063, 0, 0,
  0.0013648766163243398, 0, 0, 0, 0, 0, 7.466890328078848, 0, 17.445833984131262,
  0.0006235601634041466, 0, 0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264,
  225.20515300849274, 0, 0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985,
  176.39317598450694, 0, 0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408, 0, 0, 0,
  34.77906344483772, 44.835625328877896, 0, 0, 0, 0, 0, 0, 0, 0, 0.0008680556573291698, 0, 0, 0, 0,
  0, 0.0005313191874358747, 0, 0.00016533814161379112, 0, 0, 0, 0, 0, 0.0004179171803251336,
  0.0017290828234722833, 0, 0.0020827005846636437, 0, 0, 8.826982764996862, 23.19243343998926, 0,
  95.1080498811086, 0.9863978034400682, 0.9834382792465353, 0.0012286405048278493,
  171.2667255897307, 0.9807858872435379, 0, 0, 0, 0.0005130064588990679, 0, 0.00010854057858411537,
];

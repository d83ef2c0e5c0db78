import { FUNCTION_SECOND_USD, functionSeconds, PRICES } from "../prices/index.ts";

/** One picture at one size with one setting and quality. */
export interface Sample {
  readonly bytes: number;
  readonly cpuMs: number;
  /** SSIMULACRA 2.1 */
  readonly score: number;
}

/** A setting's samples by quality, rising; each of the same pictures in the same order. */
export type Curve = readonly { readonly quality: number; readonly samples: readonly Sample[] }[];

/** Means over the pictures. */
export interface Point {
  readonly quality: number;
  readonly score: number;
  /** The mean of the worst tenth of the pictures, at least one. */
  readonly worst: number;
  readonly bytes: number;
  readonly cpuMs: number;
}

/**
 * The means of samples of one quality.
 *
 * @throws RangeError for no samples
 *
 * @example
 * pointOf(80, [{ bytes: 1000, cpuMs: 5, score: 78 }, { bytes: 3000, cpuMs: 7, score: 82 }]).score; // 80
 */
export function pointOf(quality: number, samples: readonly Sample[]): Point {
  const scores = samples.map(({ score }) => score).sort((a, b) => a - b);
  return {
    quality,
    score: mean(scores),
    worst: mean(scores.slice(0, Math.max(1, Math.floor(scores.length / 10)))),
    bytes: mean(samples.map(({ bytes }) => bytes)),
    cpuMs: mean(samples.map(({ cpuMs }) => cpuMs)),
  };
}

/** How far beyond the measured scores a setting is extrapolated, in points of the score. */
const BEYOND = 4;

/**
 * The point of one quality for all pictures at which their mean score is the target, between the measured
 * qualities: bytes are interpolated by their logarithm, the rest linearly.
 *
 * @returns undefined where the target is further than 4 from what was measured
 *
 * @example
 * const sample = (score: number) => ({ bytes: 100 * score, cpuMs: 5, score });
 * const curve = [70, 80].map((quality) => ({ quality, samples: [sample(quality)] }));
 * atScore(curve, 75)?.quality; // 75
 */
export function atScore(curve: Curve, target: number): Point | undefined {
  const points = pointsOf(curve);
  const [low, high] = around(points, (point) => point.score >= target);
  if (!low || !high || target > high.score + BEYOND || target < low.score - BEYOND)
    return undefined;
  return between(low, high, (target - low.score) / (high.score - low.score || 1));
}

/**
 * The point of a quality, between or beyond the measured ones, as {@link atScore} interpolates.
 *
 * @throws RangeError for a curve of fewer than two qualities
 *
 * @example
 * const sample = (score: number) => ({ bytes: 100 * score, cpuMs: 5, score });
 * const curve = [70, 80].map((quality) => ({ quality, samples: [sample(quality)] }));
 * atQuality(curve, 75).score; // 75
 */
export function atQuality(curve: Curve, quality: number): Point {
  const [low, high] = around(pointsOf(curve), (point) => point.quality >= quality);
  if (!low || !high) throw new RangeError("a curve has at least two qualities");
  return between(low, high, (quality - low.quality) / (high.quality - low.quality));
}

function pointsOf(curve: Curve): Point[] {
  return curve.map(({ quality, samples }) => pointOf(quality, samples));
}

/** The last point below something and the first above it, or the two at the end that is nearest. */
function around(points: readonly Point[], isAbove: (point: Point) => boolean) {
  const above = points.findIndex(isAbove);
  const end = above === -1 ? points.length - 1 : Math.max(1, above);
  return [points[end - 1], points[end]] as const;
}

function between(low: Point, high: Point, part: number): Point {
  const of = (a: number, b: number) => a + (b - a) * part;
  return {
    quality: of(low.quality, high.quality),
    score: of(low.score, high.score),
    worst: of(low.worst, high.worst),
    bytes: Math.exp(of(Math.log(low.bytes), Math.log(high.bytes))),
    cpuMs: of(low.cpuMs, high.cpuMs),
  };
}

/**
 * What a million renditions cost, USD: the function's time for the encoding, a PUT of each, and the transfer
 * of CloudFront for this many views of each.
 *
 * @example
 * millionUsd({ bytes: 40_000, cpuMs: 13 }, 10); // 37.2
 */
export function millionUsd(point: Pick<Point, "bytes" | "cpuMs">, views: number): number {
  const { lambdaUsd, s3Usd, transferUsd } = millionCost(point, views);
  return lambdaUsd + s3Usd + transferUsd;
}

/**
 * The parts of {@link millionUsd}, and besides them a month of storage.
 *
 * @example
 * millionCost({ bytes: 40_000, cpuMs: 13 }, 10).s3Usd; // 5
 */
export function millionCost({ bytes, cpuMs }: Pick<Point, "bytes" | "cpuMs">, views: number) {
  const seconds = functionSeconds({ cpuSeconds: cpuMs / 1000, waitSeconds: 0 });
  const gib = (1e6 * bytes) / 2 ** 30;
  return {
    lambdaUsd: 1e6 * seconds * FUNCTION_SECOND_USD,
    s3Usd: 1e6 * PRICES.s3.write,
    transferUsd: views * gib * PRICES.cloudFront.gib,
    storageUsdAMonth: gib * PRICES.s3.gibMonth,
  };
}

/**
 * The arithmetic mean.
 *
 * @throws RangeError for no values
 *
 * @example
 * mean([1, 2, 6]); // 3
 */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("there is no mean of no values");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

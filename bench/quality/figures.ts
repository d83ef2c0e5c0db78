import { FUNCTION_SECOND_USD, functionSeconds, PRICES } from "@imagefleet/core/prices";

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

/** @throws RangeError for no samples */
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
 * @returns undefined where the target is further than {@link BEYOND} from what was measured
 */
export function atScore(curve: Curve, target: number): Point | undefined {
  const points = curve.map(({ quality, samples }) => pointOf(quality, samples));
  const above = points.findIndex(({ score }) => score >= target);
  const end = above === -1 ? points.length - 1 : Math.max(1, above);
  const [low, high] = [points[end - 1], points[end]];
  if (!low || !high || target > high.score + BEYOND || target < low.score - BEYOND)
    return undefined;
  const part = (target - low.score) / (high.score - low.score);
  const between = (a: number, b: number) => a + (b - a) * part;
  return {
    quality: between(low.quality, high.quality),
    score: target,
    worst: between(low.worst, high.worst),
    bytes: Math.exp(between(Math.log(low.bytes), Math.log(high.bytes))),
    cpuMs: between(low.cpuMs, high.cpuMs),
  };
}

export type Band = readonly [low: number, high: number];

/** The 95 % band of a mean, by the normal approximation. */
export function bandOf(values: readonly number[]): Band {
  const center = mean(values);
  const variance = mean(values.map((value) => (value - center) ** 2));
  const half = 1.96 * Math.sqrt(variance / Math.max(1, values.length - 1));
  return [center - half, center + half];
}

const RESAMPLES = 400;

/**
 * The 95 % band of a setting's bytes over the base's at the target score: of pictures drawn again and
 * again with replacement (the bootstrap of Efron).
 */
export function bytesBand(
  curve: Curve,
  base: Curve,
  target: number,
  random: () => number,
): Band | undefined {
  const count = base[0]?.samples.length ?? 0;
  const ratios: number[] = [];
  for (let at = 0; at < RESAMPLES; at++) {
    const drawn = Array.from({ length: count }, () => Math.floor(random() * count));
    const ratio = ratioOf(atScore(of(curve, drawn), target), atScore(of(base, drawn), target));
    if (ratio !== undefined) ratios.push(ratio);
  }
  ratios.sort((a, b) => a - b);
  const low = ratios[Math.floor(ratios.length * 0.025)];
  const high = ratios[Math.ceil(ratios.length * 0.975) - 1];
  return low === undefined || high === undefined ? undefined : [low, high];
}

export function ratioOf(point: Point | undefined, base: Point | undefined): number | undefined {
  return point && base && point.bytes / base.bytes;
}

function of(curve: Curve, drawn: readonly number[]): Curve {
  return curve.map(({ quality, samples }) => ({
    quality,
    samples: drawn.flatMap((at) => samples[at] ?? []),
  }));
}

/**
 * What a million renditions cost, USD: the function's time for the encoding, a PUT of each, and the transfer
 * of CloudFront for this many views of each.
 */
export function millionUsd({ bytes, cpuMs }: Point, views: number): number {
  const seconds = functionSeconds({ cpuSeconds: cpuMs / 1000, waitSeconds: 0 });
  const transfer = (views * bytes * PRICES.cloudFront.gib) / 2 ** 30;
  return 1e6 * (seconds * FUNCTION_SECOND_USD + PRICES.s3.write + transfer);
}

function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("there is no mean of no values");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

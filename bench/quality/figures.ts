import { atScore, type Curve, mean, type Point } from "@imagefleet/core/tuning";

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

import type { Encoding } from "@imagefleet/core/measuring";
import { millionCost, millionUsd, pointOf, type Sample } from "@imagefleet/core/tuning";

/** One rendition of the sample. */
interface Rendition {
  /** The `id` of the picture. */
  readonly picture: string;
  /** The preset with its width. */
  readonly label: string;
  /** The id of its bytes. */
  readonly image: string;
  /** In px. */
  readonly width: number;
  /** In px. */
  readonly height: number;
  readonly bytes: number;
  /** CPU time of the encoding on this machine, ms. */
  readonly cpuMs: number;
  /** SSIMULACRA 2.1 */
  readonly score: number;
}

/** What a setting makes of the sample: means over the renditions, and what a million of them cost. */
export interface Result extends Encoding {
  readonly preset: string;
  /** Absent: all widths of the preset. */
  readonly label?: string;
  readonly bytes: number;
  readonly cpuMs: number;
  readonly score: number;
  /** The mean of the worst tenth of the renditions, at least one. */
  readonly worstTenth: number;
  readonly millionUsd: number;
  /** CPU time on this machine, s. */
  readonly millionCpuSeconds: number;
  readonly renditions: readonly Rendition[];
}

/** All presets of a picture together; the cost is that of a million pictures, USD. */
export interface Total {
  readonly bytes: number;
  readonly cpuMs: number;
  /** The function's time for the encodings. */
  readonly lambdaUsd: number;
  /** The PUTs. */
  readonly s3Usd: number;
  /** CloudFront's, for the views. */
  readonly transferUsd: number;
  readonly totalUsd: number;
  readonly storageUsdAMonth: number;
}

/** @param views page views of each rendition */
export function summaryOf(
  encoding: Encoding,
  samples: readonly Sample[],
  views: number,
): Omit<Result, "preset" | "label" | "renditions"> {
  const point = pointOf(encoding.quality, samples);
  return {
    ...encoding,
    bytes: Math.round(point.bytes),
    cpuMs: round(point.cpuMs),
    score: round(point.score),
    worstTenth: round(point.worst),
    millionUsd: round(millionUsd(point, views)),
    millionCpuSeconds: Math.round(point.cpuMs * 1000),
  };
}

/** @param views page views of each rendition */
export function totalOf(results: readonly Pick<Result, "bytes" | "cpuMs">[], views: number): Total {
  const costs = results.map((result) => millionCost(result, views));
  const sum = (values: readonly number[]) => values.reduce((all, each) => all + each, 0);
  const lambdaUsd = sum(costs.map((cost) => cost.lambdaUsd));
  const s3Usd = sum(costs.map((cost) => cost.s3Usd));
  const transferUsd = sum(costs.map((cost) => cost.transferUsd));
  return {
    bytes: sum(results.map(({ bytes }) => bytes)),
    cpuMs: round(sum(results.map(({ cpuMs }) => cpuMs))),
    lambdaUsd: round(lambdaUsd),
    s3Usd: round(s3Usd),
    transferUsd: round(transferUsd),
    totalUsd: round(lambdaUsd + s3Usd + transferUsd),
    storageUsdAMonth: round(sum(costs.map((cost) => cost.storageUsdAMonth))),
  };
}

/** To two decimals, as JSON has it. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

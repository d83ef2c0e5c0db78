import { rounded } from "../measure/statistics.ts";
import type { Setting } from "./settings.ts";

/** One picture in one setting. */
export interface Sample {
  readonly cpuMs: number;
  readonly bytes: number;
  readonly ssim: number;
}

/** A setting over all pictures of a kind: means, of ms CPU and bytes a picture, and of SSIM. */
export interface FormatRow extends Sample {
  readonly kind: "photo" | "graphic";
  readonly format: Setting["format"];
  readonly effort: string;
  readonly quality?: number;
}

/** @throws RangeError for no samples */
export function rowOf(
  kind: FormatRow["kind"],
  { format, effort, quality }: Pick<Setting, "format" | "effort" | "quality">,
  samples: readonly Sample[],
): FormatRow {
  if (samples.length === 0) throw new RangeError(`no ${kind} was encoded as ${format}`);
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  return {
    kind,
    format,
    effort,
    ...(quality === undefined ? {} : { quality }),
    cpuMs: rounded(mean(({ cpuMs }) => cpuMs)),
    bytes: Math.round(mean(({ bytes }) => bytes)),
    ssim: Math.round(mean(({ ssim }) => ssim) * 100_000) / 100_000,
  };
}

import { rounded } from "../measure/statistics.ts";
import type { Setting } from "./settings.ts";

/** The measurement of one picture with one setting. */
export interface Sample {
  readonly cpuMs: number;
  readonly bytes: number;
  /** SSIMULACRA 2.1 */
  readonly score: number;
}

/** The means of a setting over all pictures of a kind. */
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
    score: rounded(mean(({ score }) => score)),
  };
}

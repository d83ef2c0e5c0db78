import { MIB } from "../measure/peak.ts";
import { rounded } from "../measure/statistics.ts";
import type { Presets } from "./presets.ts";
import type { CostRun } from "./run.ts";
import type { SizeName } from "./sources.ts";

/** Predicted over measured: a lower value means that a job needs more memory than the plan predicts. */
export const BAR = 0.9;
/** Above this ratio, and by more than SLACK_BYTES, small sources go to the large lane needlessly. */
const MUCH = 2;
const SLACK_BYTES = 64 * MIB;

export interface CostRow extends CostRun {
  readonly source: string;
  readonly size: SizeName;
  readonly presets: Presets;
  /** Predicted over measured. */
  readonly prediction: number;
}

export function costRow(row: Omit<CostRow, "prediction">): CostRow {
  return { ...row, prediction: rounded(row.predictedBytes / Math.max(1, row.grownBytes)) };
}

export function isUnder({ prediction }: CostRow): boolean {
  return prediction < BAR;
}

export function isFarOver({ prediction, predictedBytes, grownBytes }: CostRow): boolean {
  return prediction > MUCH && predictedBytes - grownBytes > SLACK_BYTES;
}

export function nameOf({ source, size, presets }: CostRow): string {
  return `${source}, ${size}, ${presets}`;
}

export function cellsOf(row: CostRow, was: string): string[] {
  const mark = isUnder(row) ? "too low" : isFarOver(row) ? "far too high" : "";
  const mib = [row.grownBytes, row.predictedBytes].map((bytes) => (bytes / MIB).toFixed(0));
  const [grown = "", predicted = ""] = mib;
  return [nameOf(row), mark, grown, was, predicted, row.prediction.toFixed(2)];
}

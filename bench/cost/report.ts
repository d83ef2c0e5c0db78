import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import { rounded } from "../measure/statistics.ts";
import { ASKED_NAMES, type Presets } from "./presets.ts";
import type { CostRun } from "./run.ts";
import type { SizeName } from "./sources.ts";

const MIB = 1024 * 1024;

/** Predicted over measured: less means that the plan promises memory that the job then breaks. */
export const BAR = 0.9;
/** More than this, by more than SLACK_BYTES, sends what is small to the large lane. */
const MUCH = 2;
const SLACK_BYTES = 64 * MIB;

export interface CostRow extends CostRun {
  readonly source: string;
  readonly size: SizeName;
  readonly presets: Presets;
  /** Predicted over measured. */
  readonly prediction: number;
}

export interface CostResult {
  readonly bench: string;
  readonly bar: number;
  /** Is nothing predicted below the bar? */
  readonly met: boolean;
  readonly rows: readonly CostRow[];
  readonly machine: Machine;
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

/** A line for each source and size, in it a group for each thing that is asked. */
export function costTable({ rows, machine, met }: CostResult, earlier?: Baseline): string {
  const names = [...new Set(rows.map(nameOf))];
  const group = (name: string, presets: Presets) => {
    const row = rows.find((each) => nameOf(each) === name && each.presets === presets);
    if (row === undefined) return "".padStart(30);
    const was = earlier?.figures[`${name}, ${presets}: MiB`]?.toFixed(0) ?? "–";
    const mark = isUnder(row) ? "!" : isFarOver(row) ? "+" : " ";
    return (
      inMib(row.grownBytes).padStart(9) +
      was.padStart(6) +
      inMib(row.predictedBytes).padStart(8) +
      row.prediction.toFixed(2).padStart(6) +
      mark
    );
  };
  const presets = ASKED_NAMES.filter((each) => rows.some((row) => row.presets === each));
  const worst = Math.min(...rows.map(({ prediction }) => prediction));
  return [
    "cost: peak memory of one job over the process at rest, MiB: measured, in the baseline, predicted, predicted / measured",
    machineLine(machine),
    "",
    "".padEnd(34) + presets.map((each) => each.padStart(29).padEnd(30)).join(""),
    ...names.map((name) => name.padEnd(34) + presets.map((each) => group(name, each)).join("")),
    "",
    `least predicted / measured: ${worst.toFixed(2)}, bar ${BAR}: ${met ? "met" : "NOT met, see !"}`,
  ].join("\n");
}

/** What later runs are held against: of each row how much of what was predicted is used. */
export function costBaseline({ bench, rows, machine }: CostResult, setup: string): Baseline {
  const entries = <T>(of: (row: CostRow) => readonly [string, T]) =>
    Object.fromEntries(rows.map(of));
  return {
    bench,
    ratios: entries((row) => [
      `${nameOf(row)}, ${row.presets}: measured / predicted`,
      rounded(row.grownBytes / row.predictedBytes),
    ]),
    figures: entries((row) => [
      `${nameOf(row)}, ${row.presets}: MiB`,
      Math.round(row.grownBytes / MIB),
    ]),
    machine: { ...machine },
    setup,
    at: new Date().toISOString(),
  };
}

function nameOf({ source, size }: CostRow): string {
  return `${source}, ${size}`;
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

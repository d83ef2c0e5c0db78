import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import { rounded } from "../measure/statistics.ts";
import type { LargeRun } from "./run.ts";

const MIB = 1024 * 1024;

/** Peak resident size of the gigapixel TIFF, bytes. */
export const BAR_BYTES = 512 * MIB;

export interface LargeRow extends LargeRun {
  readonly name: string;
  /** Predicted over measured growth: under 0.9 the plan was too hopeful. */
  readonly prediction: number;
}

export interface LargeResult {
  readonly bench: string;
  readonly barBytes: number;
  /** Undefined when the TIFF was left out. */
  readonly met?: boolean;
  readonly sources: readonly LargeRow[];
  readonly machine: Machine;
}

export function largeRow(name: string, run: LargeRun): LargeRow {
  const growth = Math.max(1, run.peakBytes - run.restBytes);
  return { name, ...run, prediction: rounded(run.predictedBytes / growth) };
}

export function largeTable(result: LargeResult, earlier: Baseline | undefined): string {
  const { sources, machine, met } = result;
  return [
    "large: each source rendered from a file in a process of its own",
    machineLine(machine),
    "",
    line("", "MP", "file MiB", "lane", "way", "wall s", "CPU s", "peak MiB", "was", "pred/real"),
    ...sources.map((row) =>
      line(
        row.name,
        ((row.width * row.height) / 1e6).toFixed(0),
        inMib(row.bytes),
        row.lane,
        row.strategy,
        (row.wallMs / 1000).toFixed(1),
        (row.cpuMs / 1000).toFixed(1),
        inMib(row.peakBytes),
        earlier?.figures[`${row.name}: peak MiB`]?.toFixed(0) ?? "–",
        row.prediction.toFixed(2),
      ),
    ),
    "",
    ...(met === undefined
      ? []
      : [`peak of the gigapixel TIFF: bar ${inMib(BAR_BYTES)} MiB: ${met ? "met" : "NOT met"}`]),
  ].join("\n");
}

/** What later runs are held against: memory, which one machine has as another. */
export function largeBaseline({ bench, sources, machine }: LargeResult, setup: string): Baseline {
  return {
    bench,
    ratios: Object.fromEntries(
      sources.map(({ name, peakBytes }) => [
        `${name}: peak / 512 MiB`,
        rounded(peakBytes / BAR_BYTES),
      ]),
    ),
    figures: Object.fromEntries(
      sources.flatMap(({ name, peakBytes, cpuMs }) => [
        [`${name}: peak MiB`, Math.round(peakBytes / MIB)],
        [`${name}: CPU ms`, Math.round(cpuMs)],
      ]),
    ),
    machine: { ...machine },
    setup,
    at: new Date().toISOString(),
  };
}

function inMib(bytes: number): string {
  const mib = bytes / MIB;
  return mib < 10 ? mib.toFixed(1) : mib.toFixed(0);
}

function line(name: string, ...cells: readonly string[]): string {
  return name.padEnd(26) + cells.map((cell) => cell.padStart(10)).join("");
}

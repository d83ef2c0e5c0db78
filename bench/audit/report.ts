import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import { rounded } from "../measure/statistics.ts";

/** Peak memory over ten times the sources, over that of the smaller audit. */
export const FLAT_BAR = 1.25;

export interface AuditRow {
  readonly sources: number;
  /** In the bucket of renditions. */
  readonly objects: number;
  readonly seconds: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

export interface AuditResult {
  readonly bench: string;
  readonly rows: readonly AuditRow[];
  readonly growth: number;
  readonly met: boolean;
  readonly machine: Machine;
}

const MIB = 1024 * 1024;

export function auditTable({ rows, growth, met, machine }: AuditResult): string {
  return [
    "audit: buckets that are listed and nowhere, a manifest read of one source in a hundred",
    machineLine(machine),
    "",
    row("sources", "renditions", "seconds", "CPU s", "peak MiB"),
    ...rows.map(({ sources, objects, seconds, cpuMs, peakBytes }) =>
      row(
        sources.toLocaleString("en"),
        objects.toLocaleString("en"),
        seconds.toFixed(1),
        (cpuMs / 1000).toFixed(1),
        (peakBytes / MIB).toFixed(0),
      ),
    ),
    "",
    `peak of ten times as many = ${growth.toFixed(2)} x; bar <= ${FLAT_BAR}: ${met ? "met" : "NOT met"}`,
  ].join("\n");
}

function row(...cells: string[]): string {
  return cells.map((cell) => cell.padStart(12)).join("");
}

export function auditBaseline(
  { bench, rows, growth, machine }: AuditResult,
  setup: string,
): Baseline {
  const figures = rows.flatMap(({ sources, seconds, cpuMs, peakBytes }) => [
    [`${sources} seconds`, rounded(seconds)] as const,
    [`${sources} CPU ms`, rounded(cpuMs)] as const,
    [`${sources} peak MiB`, Math.round(peakBytes / MIB)] as const,
  ]);
  return {
    bench,
    ratios: { "peak of ten times as many": rounded(growth) },
    figures: Object.fromEntries(figures),
    machine: { ...machine },
    setup,
    at: new Date().toISOString(),
  };
}

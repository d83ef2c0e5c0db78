import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import { BAR, PHASES, type Phase, type PhaseFigures } from "./figures.ts";

export interface BackfillResult {
  readonly bench: string;
  readonly sources: number;
  /** Uploads a phase. */
  readonly uploads: number;
  readonly phases: Readonly<Record<Phase, PhaseFigures>>;
  /** Pictures of the backfill that the fleet did a second. */
  readonly perSecond: Readonly<Record<"controlled" | "flooded", number>>;
  readonly bar: number;
  readonly met: boolean;
  readonly machine: Machine;
}

const WHAT: Readonly<Record<Phase, string>> = {
  idle: "an idle fleet",
  controlled: "during reprocess, as it is run",
  flooded: "during reprocess --max-depth 0",
};

export function backfillTable(result: BackfillResult, earlier: Baseline | undefined): string {
  const { sources, uploads, phases, perSecond, machine, met } = result;
  return [
    `backfill: ${uploads} uploads a phase, beside ${sources} sources that are reprocessed`,
    machineLine(machine),
    "",
    row(
      "an upload's renditions are there after",
      "p50 ms",
      "p95 ms",
      "/ idle",
      "baseline",
      "fed/s",
    ),
    ...PHASES.map((phase) => {
      const { p50, p95, ratio } = phases[phase];
      const was = earlier?.figures[`${phase} / idle`]?.toFixed(2) ?? "–";
      const rate = phase === "idle" ? "" : perSecond[phase].toFixed(1);
      return row(WHAT[phase], p50.toFixed(0), p95.toFixed(0), ratio.toFixed(2), was, rate);
    }),
    "",
    `p95 with depth control / idle = ${phases.controlled.ratio.toFixed(2)}; bar <= ${BAR}; without, ${phases.flooded.ratio.toFixed(2)}: ${met ? "met" : "NOT met"}`,
  ].join("\n");
}

function row(what: string, ...cells: string[]): string {
  return what.padEnd(42) + cells.map((cell) => cell.padStart(10)).join("");
}

export function backfillBaseline(result: BackfillResult, setup: string): Baseline {
  const { phases, perSecond, machine } = result;
  return {
    bench: result.bench,
    ratios: { "controlled / idle, p95": phases.controlled.ratio },
    figures: {
      "idle / idle": 1,
      "controlled / idle": phases.controlled.ratio,
      "flooded / idle": phases.flooded.ratio,
      "idle p95 ms": phases.idle.p95,
      "controlled p95 ms": phases.controlled.p95,
      "flooded p95 ms": phases.flooded.p95,
      "controlled fed a second": perSecond.controlled,
      "flooded fed a second": perSecond.flooded,
    },
    machine: { ...machine },
    setup,
    at: new Date().toISOString(),
  };
}

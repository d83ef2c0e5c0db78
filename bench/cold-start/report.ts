import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import { COLD_START_CONTESTANTS, type ColdFigures, type ColdSide } from "./figures.ts";

export interface ColdResult extends ColdFigures {
  readonly bench: string;
  readonly rounds: number;
  readonly bundleBytes: number;
  readonly machine: Machine;
}

const WHAT: Readonly<Record<ColdSide, string>> = {
  function: "the handler, bundled as it is deployed",
  bare: "sharp, client-s3 and client-sqs alone, bundled",
  functionFiles: "the handler, as its files stand",
  bareFiles: "the three packages, as their files stand",
  nothing: "what the clock itself takes",
};

export function coldTable(result: ColdResult, earlier: Baseline | undefined): string {
  const { wallMs, cpuMs, ratio, filesRatio, barMs, barRatio, met, machine } = result;
  return [
    `cold: import to ready in a fresh process, medians of ${result.rounds} rounds`,
    machineLine(machine),
    `what is read of the bundle is ${(result.bundleBytes / 1024).toFixed(0)} KiB`,
    "",
    line("", "", "wall ms", "CPU ms", "baseline"),
    ...COLD_START_CONTESTANTS.map((side) =>
      line(
        side,
        WHAT[side],
        wallMs[side].toFixed(0),
        cpuMs[side].toFixed(0),
        earlier?.figures[`wall ${side}`]?.toFixed(0) ?? "–",
      ),
    ),
    "",
    `function: ${wallMs.function.toFixed(0)} ms (bar ${barMs}), ${ratio.toFixed(2)} x bare in CPU (bar ${barRatio}): ${met ? "met" : "NOT met"}; as files stand ${filesRatio.toFixed(2)} x`,
  ].join("\n");
}

export function coldBaseline(result: ColdResult, setup: string): Baseline {
  const { bench, wallMs, cpuMs, ratio, filesRatio, machine } = result;
  return {
    bench,
    ratios: { "function / bare": ratio, "function / bare, as files stand": filesRatio },
    figures: Object.fromEntries(
      COLD_START_CONTESTANTS.flatMap((side) => [
        [`wall ${side}`, wallMs[side]],
        [`cpu ${side}`, cpuMs[side]],
      ]),
    ),
    machine: { ...machine },
    setup,
    at: new Date().toISOString(),
  };
}

function line(name: string, what: string, ...cells: readonly string[]): string {
  return name.padEnd(16) + what.padEnd(50) + cells.map((cell) => cell.padStart(10)).join("");
}

import type { Baseline } from "../baseline.ts";
import { CPU_SOURCE } from "../measure/cpu.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import type { Figures } from "./figures.ts";

export interface FleetResult extends Figures {
  readonly bench: string;
  readonly images: number;
  readonly rounds: number;
  readonly bar: number;
  readonly met: boolean;
  readonly machine: Machine;
}

/** What a person reads. */
export function tableOf(result: FleetResult, earlier: Baseline | undefined): string {
  const { machine, ratios, imagesPerSecond, cpuMsPerImage: cpu } = result;
  const before = earlier?.figures ?? {};
  const shares: readonly (readonly [string, string, number])[] = [
    ["codec", "core alone, the same photos", cpu.codec],
    ["sdk", "the same S3 and SQS calls, bare", cpu.sdk],
    ["ours", "the rest", cpu.ours],
    ["fleet", "all three", cpu.fleet],
    ["  function", "of the fleet's, the handler's processes", cpu.function],
    ["  event source", "of the fleet's, what calls them", cpu.eventSource],
    ["emulator", "the local servers, not counted", cpu.emulator],
  ];
  const rates: readonly (readonly [string, number])[] = [
    ["core", imagesPerSecond.core],
    ["sdk", imagesPerSecond.sdk],
    ["fleet", imagesPerSecond.fleet],
  ];
  return [
    `fleet: ${result.images} photos a side, medians of ${result.rounds} rounds`,
    machineLine(machine),
    ...(CPU_SOURCE === "ps" ? ["CPU times by ps: coarser than Linux's own"] : []),
    "",
    row("CPU ms an image", "", "now", "baseline"),
    ...shares.map(([name, what, ms]) =>
      row(name, what, ms.toFixed(1), before[`cpu ${name.trim()}`]?.toFixed(1)),
    ),
    "",
    row("images a second", "", "now", "baseline"),
    ...rates.map(([name, rate]) =>
      row(name, "", rate.toFixed(2), before[`rate ${name}`]?.toFixed(2)),
    ),
    "",
    `fleet / (codec + sdk) = ${result.ratio.toFixed(3)} (${ratios.least.toFixed(3)} to ${ratios.most.toFixed(3)}); bar ${result.bar.toFixed(2)}: ${result.met ? "met" : "NOT met"}`,
  ].join("\n");
}

function row(name: string, what: string, now: string, before = "–"): string {
  return `${name.padEnd(16)}${what.padEnd(42)}${now.padStart(8)}${before.padStart(10)}`;
}

/** What later runs are held against: the ratio; the figures are for people. */
export function baselineOf(result: FleetResult, setup: string): Baseline {
  const { imagesPerSecond: rate, cpuMsPerImage: cpu, machine } = result;
  const figures = {
    "cpu codec": cpu.codec,
    "cpu sdk": cpu.sdk,
    "cpu ours": cpu.ours,
    "cpu fleet": cpu.fleet,
    "cpu function": cpu.function,
    "cpu event source": cpu.eventSource,
    "cpu emulator": cpu.emulator,
    "rate core": rate.core,
    "rate sdk": rate.sdk,
    "rate fleet": rate.fleet,
  };
  return {
    bench: result.bench,
    ratios: { "fleet / (codec + sdk)": result.ratio },
    figures,
    machine: { ...machine },
    setup,
    at: new Date().toISOString(),
  };
}

import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import type { Turn } from "./contestants.ts";
import { type EnqueueFigures, PEAK_BAR, RATE_BAR } from "./figures.ts";
import type { Killed } from "./killed.ts";

export interface EnqueueResult extends EnqueueFigures {
  readonly bench: string;
  /** Keys a turn. */
  readonly keys: number;
  readonly rounds: number;
  /** One run of ours over all keys. */
  readonly whole: Turn;
  readonly bars: { readonly rate: number; readonly peakBytes: number };
  readonly met: boolean;
  readonly machine: Machine;
}

const MIB = 1024 * 1024;

export function enqueueTable(result: EnqueueResult, earlier: Baseline | undefined): string {
  const { keysPerSecond, cpuMsPerThousand, serverMsPerThousand, peakBytes, whole } = result;
  const was = (name: string) => earlier?.figures[name];
  const side = (name: "bare" | "ours", what: string) =>
    row(
      name,
      what,
      keysPerSecond[name].toFixed(0),
      cpuMsPerThousand[name].toFixed(1),
      serverMsPerThousand[name].toFixed(1),
      (peakBytes[name] / MIB).toFixed(0),
    );
  return [
    `enqueue: ${count(result.keys)} keys a side and round, medians of ${result.rounds} rounds`,
    machineLine(result.machine),
    "",
    row("", "", "keys/s", "CPU ms", "servers", "peak MiB"),
    row("", "", "", "per 1,000", "per 1,000", ""),
    side("bare", "tens by the SDK, as many on their way"),
    side("ours", "imagefleet reprocess, as it is run"),
    row(
      "ours",
      "baseline",
      was("rate ours")?.toFixed(0),
      was("cpu ours")?.toFixed(1),
      was("servers ours")?.toFixed(1),
      was("peak MiB ours")?.toFixed(0),
    ),
    row(
      "whole",
      `${count(whole.keys)} keys by ours`,
      (whole.keys / whole.seconds).toFixed(0),
      "",
      ((whole.serverMs / whole.keys) * 1000).toFixed(1),
      (whole.peakBytes / MIB).toFixed(0),
    ),
    "",
    ratioLine("rate, ours / bare", result.rateRatio, `bar >= ${RATE_BAR}`),
    ratioLine("CPU a key, ours / bare", result.cpuRatio, ""),
    `peak of the whole ${(whole.peakBytes / MIB).toFixed(0)} MiB; bar <= ${PEAK_BAR / MIB}`,
    result.met ? "all bars met" : "NOT met",
  ].join("\n");
}

export function killedLine({ keys, kills, messages, missing }: Killed): string {
  const at = kills.map(count).join(" and ");
  const again = messages - (keys - missing);
  return `killed with ${at} messages in the queue, resumed each time: ${count(keys)} keys, ${count(messages)} messages in the end, ${count(again)} keys sent again, ${count(missing)} missing`;
}

function ratioLine(
  name: string,
  { median, least, most }: EnqueueFigures["rateRatio"],
  bar: string,
) {
  return `${name} = ${median.toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})${bar && `; ${bar}`}`;
}

function row(name: string, what: string, ...cells: (string | undefined)[]): string {
  return name.padEnd(8) + what.padEnd(40) + cells.map((cell = "–") => cell.padStart(11)).join("");
}

function count(number: number): string {
  return number.toLocaleString("en");
}

/** What later runs are held against, less being better. */
export function enqueueBaseline(result: EnqueueResult, setup: string): Baseline {
  const { rateRatio, cpuRatio, keysPerSecond, cpuMsPerThousand, serverMsPerThousand } = result;
  return {
    bench: result.bench,
    ratios: {
      "bare / ours, keys a second": Math.round(1000 / rateRatio.median) / 1000,
      "ours / bare, CPU a key": cpuRatio.median,
    },
    figures: {
      "rate bare": keysPerSecond.bare,
      "rate ours": keysPerSecond.ours,
      "cpu bare": cpuMsPerThousand.bare,
      "cpu ours": cpuMsPerThousand.ours,
      "servers ours": serverMsPerThousand.ours,
      "peak MiB ours": Math.round(result.peakBytes.ours / MIB),
      "peak MiB whole": Math.round(result.whole.peakBytes / MIB),
    },
    machine: { ...result.machine },
    setup,
    at: new Date().toISOString(),
  };
}

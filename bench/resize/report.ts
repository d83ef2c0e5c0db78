import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import { rounded } from "../measure/statistics.ts";
import { barsFor, type LadderFigures } from "./figures.ts";

export interface LadderResult {
  readonly bench: string;
  readonly rounds: number;
  readonly met: boolean;
  readonly sizes: readonly LadderFigures[];
  /** Programs that were held against, with their versions. */
  readonly beside: readonly string[];
  /** What could not be held against, and how to get it. */
  readonly missing: readonly string[];
  readonly machine: Machine;
}

const CONTESTANTS: readonly (readonly [string, string])[] = [
  ["ours", "probe, plan, render as the function does"],
  ["floor", "sharp asked for 1/8 of the sides + encodes"],
  ["eighth", "decode at 1/8 scale to the dead letter + encodes"],
  ["reachable", "decode at the least scale that has the px + encodes"],
  ["idiom", "sharp(bytes) a size"],
  ["clone", "one sharp(bytes), .clone() a size"],
  ["ipx", "a request a size"],
  ["pillow", "copy, thumbnail, save a size"],
  ["imagemagick", "one convert, its start included"],
  ["vipsthumbnail", "a process a size, its start included"],
];

const RATIOS = [
  "floorRatio",
  "eighthRatio",
  "reachableRatio",
  "idiomSpeedup",
  "ipxSpeedup",
  "pillowSpeedup",
  "imagemagickSpeedup",
  "vipsthumbnailSpeedup",
] as const;

export function ladderTable(result: LadderResult, earlier: Baseline | undefined): string {
  const { sizes, rounds, machine, beside, missing } = result;
  const cells = (of: (size: LadderFigures) => string) => sizes.map(of);
  const was = (name: string) =>
    cells(({ megapixels }) => earlier?.figures[`${megapixels} MP ${name}`]?.toFixed(1) ?? "–");
  return [
    `ladder: 150, 400 and 800 px JPEG q85 from JPEGs, CPU ms, medians of ${rounds} rounds`,
    machineLine(machine),
    `beside ${["sharp as the programs configure it", ...beside].join(", ")}`,
    ...missing.map((text) => `LEFT OUT: ${text}`),
    "",
    line(
      "CPU ms",
      "",
      cells(({ megapixels }) => `${megapixels} MP`),
    ),
    ...CONTESTANTS.filter(([side]) => sizes.some(({ cpuMs }) => side in cpuMs)).map(
      ([side, what]) =>
        line(
          side,
          what,
          cells(({ cpuMs }) => cpuMs[side]?.toFixed(1) ?? "–"),
        ),
    ),
    line("ours", "baseline", was("ours")),
    "",
    ...RATIOS.filter((field) => sizes.some((size) => field in size)).map((field) =>
      line(
        field,
        barsOf(field, sizes),
        cells((size) => marked(size, field)),
      ),
    ),
    "",
    "floor: asked for 1/8, sharp decodes at 1/4 and halves; eighth: 1/8 of less than 6400 px has not",
    "the 800 px that are asked for, so no ladder gets there; reachable: the least scale that has them",
    result.met ? "all bars met" : `NOT met: ${sizes.flatMap(missesOf).join("; ")}`,
  ].join("\n");
}

function barsOf(field: (typeof RATIOS)[number], sizes: readonly LadderFigures[]): string {
  if (field !== "floorRatio" && field !== "idiomSpeedup" && field !== "pillowSpeedup") return "";
  const sign = field === "floorRatio" ? "<=" : ">=";
  const bars = sizes.map(({ megapixels }) => barsFor(megapixels)[field] ?? "–");
  return `bar ${sign} ${bars.join(" / ")}`;
}

function marked(size: LadderFigures, field: (typeof RATIOS)[number]): string {
  const mark = size.missed.includes(field) ? "!" : " ";
  return `${size[field]?.toFixed(3) ?? "–"}${mark}`;
}

function missesOf({ megapixels, missed }: LadderFigures): string[] {
  return missed.map((field) => `${field} at ${megapixels} MP`);
}

/** What later runs are held against, less being better: ours over each other side. */
export function ladderBaseline({ bench, sizes, machine }: LadderResult, setup: string): Baseline {
  const ratios = sizes.flatMap((size) =>
    RATIOS.flatMap((field): [string, number][] => {
      const value = size[field];
      if (value === undefined) return [];
      const ratio = field.endsWith("Ratio") ? value : rounded(1 / value);
      const against = field.replace(/Ratio|Speedup/, "");
      return [[`${size.megapixels} MP ours / ${against}`, ratio]];
    }),
  );
  const figures = sizes.flatMap(({ megapixels, cpuMs }) =>
    Object.entries(cpuMs).map(([side, ms]) => [`${megapixels} MP ${side}`, ms] as const),
  );
  return {
    bench,
    ratios: Object.fromEntries(ratios),
    figures: Object.fromEntries(figures),
    machine: { ...machine },
    setup,
    at: new Date().toISOString(),
  };
}

function line(name: string, what: string, cells: readonly string[]): string {
  return name.padEnd(22) + what.padEnd(54) + cells.map((cell) => cell.padStart(9)).join("");
}

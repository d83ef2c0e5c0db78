import type { Baseline } from "../baseline.ts";
import { type Machine, machineLine } from "../measure/machine.ts";
import type { FormatRow } from "./figures.ts";

export interface FormatsResult {
  readonly bench: string;
  readonly rounds: number;
  readonly rows: readonly FormatRow[];
  readonly machine: Machine;
}

const KINDS = {
  photo: "Photos (means of three)",
  graphic: "A drawing on white",
} as const;
const COLUMNS = ["format", "effort", "quality", "CPU ms", "KB", "SSIM"] as const;

export function formatsTable({ rows, rounds, machine }: FormatsResult): string {
  const line = ([format = "", effort = "", ...numbers]: readonly string[]) =>
    format.padEnd(8) + effort.padEnd(20) + numbers.map((cell) => cell.padStart(10)).join("");
  return [
    title(rounds),
    machineLine(machine),
    ...sections(rows).flatMap(([heading, cells]) => [
      "",
      heading,
      line(COLUMNS),
      ...cells.map(line),
    ]),
    "",
  ].join("\n");
}

/** The same for a document. */
export function formatsMarkdown({ rows, rounds, machine }: FormatsResult): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    title(rounds),
    "",
    machineLine(machine),
    ...sections(rows).flatMap(([heading, cells]) => [
      "",
      `**${heading}**`,
      "",
      line(COLUMNS),
      "|---|---|--:|--:|--:|--:|",
      ...cells.map(line),
    ]),
    "",
  ].join("\n");
}

function title(rounds: number): string {
  return `formats: 800 x 600 px from pixels, one thread, medians of ${rounds} rounds; SSIM of luma against the pixels`;
}

function sections(rows: readonly FormatRow[]): (readonly [string, string[][]])[] {
  return (["photo", "graphic"] as const).map((kind) => [
    KINDS[kind],
    rows.filter((row) => row.kind === kind).map(cellsOf),
  ]);
}

function cellsOf({ format, effort, quality, cpuMs, bytes, ssim }: FormatRow): string[] {
  return [
    format,
    effort,
    quality === undefined ? "–" : String(quality),
    cpuMs.toFixed(1),
    (bytes / 1000).toFixed(1),
    ssim.toFixed(4),
  ];
}

/** Bytes and loss, which are the encoder's; CPU times are for people. */
export function formatsBaseline({ bench, rows, machine }: FormatsResult, setup: string): Baseline {
  const photos = rows.filter(({ kind }) => kind === "photo");
  const base = photos.find(({ format, quality }) => format === "jpeg" && quality === 80);
  const nameOf = ({ format, effort, quality }: FormatRow) =>
    [format, effort, ...(quality === undefined ? [] : [`q${quality}`])].join(" ");
  return {
    bench,
    ratios: Object.fromEntries(
      base === undefined
        ? []
        : photos.map((row) => [
            `${nameOf(row)}: bytes / JPEG q80`,
            Math.round((row.bytes / base.bytes) * 1000) / 1000,
          ]),
    ),
    figures: Object.fromEntries(photos.map((row) => [`${nameOf(row)}: CPU ms`, row.cpuMs])),
    machine: { ...machine },
    setup,
    at: new Date().toISOString(),
  };
}

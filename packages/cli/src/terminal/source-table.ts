import { printable } from "./printable.ts";
import type { Screen } from "./screen.ts";
import { type Column, table } from "./table.ts";
import { count, formatBytes, formatMs } from "./units.ts";

type Canvas = Pick<Screen, "width" | "paint">;

/** A source and what became of it; sizes in px and bytes, times in ms. */
export interface SourceRow {
  readonly name: string;
  readonly lane: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly bytesIn: number;
  readonly renditions: readonly { width: number; height: number; bytes: number }[];
  readonly ms: number;
}

/** More rows than this are no table that a person reads. */
export const MOST_ROWS = 40;
const MOST_BAD = 30;

const BAD = ["rejected", "failed"];

function isBad({ outcome }: SourceRow): boolean {
  return BAD.includes(outcome);
}

function bytesOut({ renditions }: Pick<SourceRow, "renditions">): number {
  return renditions.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The rows to show of many: first what went wrong, then the slowest. */
export function choose(rows: readonly SourceRow[]): readonly SourceRow[] {
  if (rows.length <= MOST_ROWS) return rows;
  const bad = rows.filter(isBad).slice(0, MOST_BAD);
  const slowest = rows.filter((row) => !isBad(row)).sort((a, b) => b.ms - a.ms);
  return [...bad, ...slowest.slice(0, MOST_ROWS - bad.length)];
}

/** Lines of the table, and what it leaves out. */
export function sourceTable(rows: readonly SourceRow[], screen: Canvas): string[] {
  const shown = choose(rows);
  const left = rows.length - shown.length;
  return [
    ...table(columns(screen), shown, screen.width, (text) => screen.paint("dim", text)),
    ...(left === 0
      ? []
      : [
          screen.paint(
            "dim",
            `… and ${left} more: above, what went wrong and the slowest; --json lists all`,
          ),
        ]),
  ];
}

/** Below it, words give way to signs. */
const ROOMY = 100;
/** Below it, what a source came to is left to the totals. */
const TIGHT = 72;

function columns(screen: Canvas): Column<SourceRow>[] {
  const all = allColumns(screen);
  return screen.width >= TIGHT ? all : all.filter(({ title }) => TIGHT_TITLES.includes(title));
}

const TIGHT_TITLES = ["source", "lane", "outcome"];

function allColumns(screen: Canvas): Column<SourceRow>[] {
  const roomy = screen.width >= ROOMY;
  return [
    {
      title: "source",
      cell: ({ name }) => printable(name),
      min: screen.width >= TIGHT ? 18 : 12,
      cut: "middle",
    },
    { title: "lane", cell: ({ lane }) => lane },
    {
      title: "outcome",
      cell: ({ outcome, reason }) => {
        if (reason === null) return outcome;
        return roomy ? `${outcome} ${reason}` : reason;
      },
      min: 14,
      paint: (text, row) =>
        screen.paint(isBad(row) ? "red" : row.outcome === "rendered" ? "green" : "dim", text),
    },
    {
      title: "renditions",
      cell: (row) => renditionsText(row, roomy ? ", up to " : " ≤ "),
      min: 10,
    },
    {
      title: "bytes",
      align: "right",
      cell: (row) => (row.renditions.length === 0 ? "" : formatBytes(bytesOut(row))),
    },
    { title: "time", align: "right", cell: ({ ms }) => formatMs(ms) },
  ];
}

function renditionsText({ renditions }: SourceRow, upTo: string): string {
  const [first, ...rest] = renditions;
  if (first === undefined) return "";
  const largest = rest.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a), first);
  return `${renditions.length}${upTo}${largest.width}x${largest.height}`;
}

/** `8 rendered, 1 rejected` */
export function outcomesText(outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .map(([outcome, number]) => `${number} ${outcome}`)
    .join(", ");
}

/** `48 renditions of 31.2 MB in 2.10 MB` */
export function renditionTotals(rows: readonly SourceRow[]): string {
  const renditions = rows.reduce((sum, row) => sum + row.renditions.length, 0);
  const into = rows.reduce((sum, row) => sum + row.bytesIn, 0);
  const out = rows.reduce((sum, row) => sum + bytesOut(row), 0);
  return `${count(renditions, "rendition")}, ${formatBytes(out)}, of ${count(rows.length, "source")}, ${formatBytes(into)}`;
}

export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

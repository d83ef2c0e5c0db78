import { present } from "../present.ts";
import { formatBytes, formatMs, many } from "./format.ts";
import { printable } from "./printable.ts";
import { type Canvas, type Column, table } from "./table.ts";

/** A source and its outcome; sizes in px and bytes, times in ms. */
export interface SourceRow {
  readonly name: string;
  readonly lane: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly bytesIn: number;
  readonly renditions: readonly { width: number; height: number; bytes: number }[];
  readonly ms: number;
}

/** The most rows in a table. */
export const MAX_ROWS = 40;
const MAX_PROBLEMS = 30;

const PROBLEMS = ["rejected", "failed"];

function isProblem({ outcome }: SourceRow): boolean {
  return PROBLEMS.includes(outcome);
}

function bytesOut({ renditions }: Pick<SourceRow, "renditions">): number {
  return renditions.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The rows to show: first rejected and failed sources, then the slowest. */
export function choose(rows: readonly SourceRow[]): readonly SourceRow[] {
  if (rows.length <= MAX_ROWS) return rows;
  const problems = rows.filter(isProblem).slice(0, MAX_PROBLEMS);
  const slowest = rows.filter((row) => !isProblem(row)).sort((a, b) => b.ms - a.ms);
  return [...problems, ...slowest.slice(0, MAX_ROWS - problems.length)];
}

/** The lines of the table, and how many rows are not shown. */
export function sourceTable(rows: readonly SourceRow[], screen: Canvas): string[] {
  const shown = choose(rows);
  const left = rows.length - shown.length;
  const more = `… and ${left} more. Shown are problems and the slowest; --json lists all`;
  return present(table(columns(screen), shown, screen), left > 0 && screen.paint("dim", more));
}

/** Below this width, texts are abbreviated. */
const WIDE = 100;
/** Below this width, only three columns are shown. */
const NARROW = 72;

function columns(screen: Canvas): Column<SourceRow>[] {
  const all = allColumns(screen);
  return screen.width >= NARROW ? all : all.filter(({ title }) => NARROW_TITLES.includes(title));
}

const NARROW_TITLES = ["source", "lane", "outcome"];

function allColumns(screen: Canvas): Column<SourceRow>[] {
  const isWide = screen.width >= WIDE;
  return [
    {
      title: "source",
      cell: ({ name }) => printable(name),
      min: screen.width >= NARROW ? 18 : 12,
      cut: "middle",
    },
    { title: "lane", cell: ({ lane }) => lane },
    {
      title: "outcome",
      cell: ({ outcome, reason }) => {
        if (reason === null) return outcome;
        return isWide ? `${outcome} ${reason}` : reason;
      },
      min: 14,
      paint: (text, row) =>
        screen.paint(isProblem(row) ? "red" : row.outcome === "rendered" ? "green" : "dim", text),
    },
    {
      title: "renditions",
      cell: (row) => renditionsText(row, isWide ? ", up to " : " ≤ "),
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
  return `${many(renditions, "rendition")}, ${formatBytes(out)}, of ${many(rows.length, "source")}, ${formatBytes(into)}`;
}

export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

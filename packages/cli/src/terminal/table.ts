import stringWidth from "string-width";
import { pad, shorten } from "./printable.ts";
import type { Screen } from "./screen.ts";

/** Where a table is shown. */
export type Canvas = Pick<Screen, "width" | "paint">;

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: "left" | "right";
  /** Where a cell that is too wide is cut. */
  readonly cut?: "middle" | "end";
  /** The narrowest useful width. A column without one is never narrowed. */
  readonly min?: number;
  readonly paint?: (text: string, row: Row) => string;
}

const GAP = "  ";

/**
 * Lines of a table that fits the width of the terminal. Columns are narrowed to their minimum, from the
 * first to the last; if that is not enough, lines are cut.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, paint: paintTitle }: Canvas,
): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const widths = narrow(
    columns,
    columns.map(({ title }, index) =>
      Math.max(stringWidth(title), ...cells.map((line) => stringWidth(line[index] ?? ""))),
    ),
    width,
  );
  const line = (texts: readonly string[], paint: (text: string, index: number) => string) => {
    const parts = columns.map(({ align = "left", cut = "end" }, index) => {
      const space = widths[index] ?? 0;
      return paint(pad(shorten(texts[index] ?? "", space, cut), space, align), index);
    });
    return shorten(parts.join(GAP).trimEnd(), width, "end");
  };
  const titles = columns.map(({ title }) => title);
  return [
    line(titles, (text) => paintTitle("dim", text)),
    ...rows.map((row, at) =>
      line(cells[at] ?? [], (text, index) => columns[index]?.paint?.(text, row) ?? text),
    ),
  ];
}

function narrow<Row>(columns: readonly Column<Row>[], widths: number[], width: number): number[] {
  const total = widths.reduce((sum, each) => sum + each, GAP.length * (columns.length - 1));
  let excess = total - width;
  return widths.map((each, index) => {
    const min = Math.min(columns[index]?.min ?? each, each);
    const reduction = Math.max(0, Math.min(excess, each - min));
    excess -= reduction;
    return each - reduction;
  });
}

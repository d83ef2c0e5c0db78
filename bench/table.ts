/** A table as data. The first columns contain text, the others contain numbers. */
export interface Table {
  readonly heading?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The number of text columns; 1 by default. */
  readonly texts?: number;
}

/** Lines of a table with aligned columns: text to the left, numbers to the right. */
export function textTable({ heading, columns, rows, texts = 1 }: Table): string[] {
  const lines = [columns, ...rows];
  const widths = columns.map((_column, at) =>
    Math.max(...lines.map((line) => (line[at] ?? "").length)),
  );
  return [
    ...(heading === undefined ? [] : [heading]),
    ...lines.map((line) =>
      widths
        .map((width, at) => {
          const cell = line[at] ?? "";
          return at < texts ? cell.padEnd(width) : cell.padStart(width);
        })
        .join("  ")
        .trimEnd(),
    ),
  ];
}

export function markdownTable({ heading, columns, rows, texts = 1 }: Table): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    ...(heading === undefined ? [] : [`**${heading}**`, ""]),
    line(columns),
    `|${columns.map((_column, at) => (at < texts ? "---" : "--:")).join("|")}|`,
    ...rows.map(line),
  ];
}

/** A line of a graph, as CloudWatch's dashboards are written: namespace, metric, dimensions, options. */
export type Place = readonly (string | Readonly<Record<string, string | number>>)[];

export interface Widget {
  readonly type: "metric" | "log";
  readonly properties: Readonly<Record<string, unknown>>;
}

/** CloudWatch's grid is so wide. */
const COLUMNS = 24;

/** Lays rows below one another, the widgets of each side by side in equal parts. */
export function page(rows: readonly (readonly [height: number, ...widgets: Widget[]])[]) {
  let y = 0;
  return rows.flatMap(([height, ...widgets]) => {
    const width = Math.floor(COLUMNS / widgets.length);
    const row = widgets.map((widget, index) => ({ ...widget, x: index * width, y, width, height }));
    y += height;
    return row;
  });
}

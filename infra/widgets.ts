/** A line of a graph in CloudWatch's format: namespace, metric, dimensions, options. */
export type Place = readonly (string | Readonly<Record<string, string | number>>)[];

export interface Widget {
  readonly type: "metric" | "log";
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Widgets side by side. */
export type Row = readonly [height: number, ...widgets: Widget[]];

/** The period of one point of a graph, s. */
export const PERIOD = 300;

export type Graph = ReturnType<typeof graphs>;

/** Creates graphs of one region's metrics. */
export function graphs(region: string) {
  return (title: string, metrics: Place[], more: Record<string, unknown> = {}): Widget => ({
    type: "metric",
    properties: { title, metrics, region, period: PERIOD, view: "timeSeries", ...more },
  });
}

/** The width of CloudWatch's grid. */
const COLUMNS = 24;

/** Lays rows out below one another, and the widgets of each side by side in equal widths. */
export function page(rows: readonly Row[]) {
  let y = 0;
  return rows.flatMap(([height, ...widgets]) => {
    const width = Math.floor(COLUMNS / widgets.length);
    const row = widgets.map((widget, index) => ({ ...widget, x: index * width, y, width, height }));
    y += height;
    return row;
  });
}

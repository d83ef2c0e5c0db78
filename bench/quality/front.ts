/** An encoder's setting at the target score. */
export interface FrontPoint {
  readonly name: string;
  /** Bytes over the base's. */
  readonly ratio: number;
  readonly cpuMs: number;
}

export interface Panel {
  readonly heading: string;
  readonly points: readonly FrontPoint[];
}

/** The points to which no other is better in both bytes and CPU time, by rising bytes. */
export function frontOf(points: readonly FrontPoint[]): FrontPoint[] {
  return points
    .filter(
      (point) =>
        !points.some(
          (other) =>
            other !== point &&
            other.ratio <= point.ratio &&
            other.cpuMs <= point.cpuMs &&
            (other.ratio < point.ratio || other.cpuMs < point.cpuMs),
        ),
    )
    .sort((a, b) => a.ratio - b.ratio);
}

const WIDTH = 680;
const HEIGHT = 420;
const EDGE = { left: 56, right: 240, top: 44, bottom: 44 };
const LINE = 15;
const COLORS = { JPEG: "#9a6700", WebP: "#1a7f37", AVIF: "#1f6feb" };
const OTHER = "#555";

/**
 * Draws bytes over CPU time at one score as SVG, two panels in a row, with the front as a line. A panel
 * without points is left out.
 */
export function drawFront(title: string, all: readonly Panel[]): string {
  const panels = all.filter(({ points }) => points.length > 0);
  const width = 2 * WIDTH;
  const height = 40 + Math.ceil(panels.length / 2) * HEIGHT;
  const drawn = panels.map(
    (panel, at) =>
      `<g transform="translate(${(at % 2) * WIDTH} ${40 + Math.floor(at / 2) * HEIGHT})">${drawPanel(panel)}</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12" fill="#24292f">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${EDGE.left}" y="28" font-size="16" font-weight="600">${title}</text>
${drawn.join("\n")}
</svg>
`;
}

function drawPanel({ heading, points }: Panel): string {
  const front = frontOf(points);
  const across = scale(
    points.map(({ ratio }) => ratio),
    EDGE.left,
    WIDTH - EDGE.right,
  );
  const down = scale(
    points.map(({ cpuMs }) => Math.log(cpuMs)),
    HEIGHT - EDGE.bottom,
    EDGE.top,
  );
  const placed = points
    .map((point) => ({ ...point, x: across(point.ratio), y: down(Math.log(point.cpuMs)) }))
    .sort((a, b) => a.y - b.y);
  // Names stand in a column to the right, in the order of the points, at least a line apart.
  let next = 0;
  const names = placed.map(({ name, x, y }) => {
    const at = Math.max(y, next);
    next = at + LINE;
    const end = WIDTH - EDGE.right + 12;
    return `<path d="M${fixed(x)} ${fixed(y)}L${end} ${fixed(at)}" stroke="#d0d7de" fill="none"/><text x="${end + 4}" y="${fixed(at + 4)}" fill="${colorOf(name)}">${name}</text>`;
  });
  const dots = placed.map(
    ({ name, x, y }) => `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="5" fill="${colorOf(name)}"/>`,
  );
  const line = front.map(
    ({ ratio, cpuMs }) => `${fixed(across(ratio))} ${fixed(down(Math.log(cpuMs)))}`,
  );
  return `<text x="${EDGE.left}" y="24" font-weight="600">${heading}</text>
${axis(points, across, down)}
${names.join("")}
<path d="M${line.join("L")}" stroke="#d1242f" stroke-width="2" stroke-dasharray="4 3" fill="none"/>
${dots.join("")}`;
}

function axis(
  points: readonly FrontPoint[],
  across: (value: number) => number,
  down: (value: number) => number,
): string {
  const bottom = HEIGHT - EDGE.bottom;
  const xs = ticks(
    [0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 2, 3],
    points.map(({ ratio }) => ratio),
  );
  const ys = ticks(
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
    points.map(({ cpuMs }) => cpuMs),
  );
  const columns = xs.map(
    (tick) =>
      `<path d="M${fixed(across(tick))} ${EDGE.top}V${bottom}" stroke="#eaeef2"/><text x="${fixed(across(tick))}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`,
  );
  const rows = ys.map((tick) => {
    const y = fixed(down(Math.log(tick)));
    return `<path d="M${EDGE.left} ${y}H${WIDTH - EDGE.right}" stroke="#eaeef2"/><text x="${EDGE.left - 6}" y="${y}" dy="4" text-anchor="end">${tick}</text>`;
  });
  return `${columns.join("")}${rows.join("")}<text x="${(EDGE.left + WIDTH - EDGE.right) / 2}" y="${bottom + 34}" text-anchor="middle">bytes over JPEG’s</text>
<text transform="translate(14 ${(EDGE.top + bottom) / 2}) rotate(-90)" text-anchor="middle">CPU ms</text>`;
}

function ticks(all: readonly number[], values: readonly number[]): number[] {
  const least = Math.min(...values);
  const most = Math.max(...values);
  return all.filter((tick) => tick >= least && tick <= most);
}

/** A linear scale of the values, with a margin at both ends. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const least = Math.min(...values);
  const length = Math.max(...values) - least || 1;
  return (value) => from + (to - from) * (0.06 + (0.88 * (value - least)) / length);
}

function colorOf(name: string): string {
  return Object.entries(COLORS).find(([format]) => name.startsWith(format))?.[1] ?? OTHER;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

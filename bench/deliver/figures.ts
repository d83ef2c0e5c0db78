import { median, rounded, spread } from "../measure/statistics.ts";
import type { Bar } from "../runner.ts";
import { type Contestant, type Format, NAMES } from "./contestants.ts";

/** Renditions that were requested before. */
export const HITS = "hits";
export type What = Format | typeof HITS;

/** One turn of a contestant; times per request. */
export interface Turn {
  readonly perSecond: number;
  /** CPU time of the contestant's processes, ms. */
  readonly cpuMs: number;
  /** CPU time of the local S3 and SQS, ms. */
  readonly s3Ms: number;
}

/** What a contestant did, round by round. */
export interface Cell {
  readonly what: What;
  readonly atOnce: number;
  readonly contestant: Contestant;
  readonly turns: readonly Turn[];
}

/** How many times as many requests per second as each peer. ipx has no cache: its hits are no aim. */
const AIMS: readonly (readonly [What, Contestant, number])[] = [
  ["webp", "ipx", 1.4],
  ["webp", "next", 1.4],
  ["avif", "ipx", 3],
  ["avif", "next", 3],
  ["hits", "next", 1.5],
];

/** The bars against the peers that were measured: the worse of the numbers of viewers counts. */
export function aims(cells: readonly Cell[]): Bar[] {
  return AIMS.flatMap(([what, peer, least]) => {
    const each = cells
      .filter((cell) => cell.what === what && cell.contestant === peer)
      .map(({ atOnce, turns }) => {
        const ours = turnsOf(cells, what, atOnce, "imagefleet");
        return over(ours, turns, ({ perSecond }) => perSecond);
      });
    if (each.length === 0) return [];
    return [{ what: `${what} per second / ${NAMES[peer]}`, is: Math.min(...each), least }];
  });
}

/** CPU time over each peer's, by format. */
export function cpuRatios(cells: readonly Cell[]): Record<string, number> {
  const ours = cells.filter(({ contestant }) => contestant === "imagefleet");
  return Object.fromEntries(
    ours.flatMap(({ what, atOnce, turns }) =>
      cells
        .filter((cell) => cell.what === what && cell.atOnce === atOnce)
        .filter(({ contestant }) => contestant === "ipx" || contestant === "next")
        .map((peer) => [
          `CPU of ${what}, ${atOnce} viewers: imagefleet / ${NAMES[peer.contestant]}`,
          over(turns, peer.turns, ({ cpuMs }) => cpuMs),
        ]),
    ),
  );
}

/** The median with the least and the most, such as `12.3 (11.9–14.0)`. */
export function withSpread(values: readonly number[]): string {
  const { median: middle, least, most } = spread(values);
  const digits = middle >= 100 ? 0 : 1;
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

/** The median ratio of two contestants' turns, by round, so that other load affects both. */
function over(turns: readonly Turn[], others: readonly Turn[], of: (turn: Turn) => number): number {
  const ratios = turns.flatMap((turn, round) => {
    const other = others[round];
    return other === undefined ? [] : [of(turn) / of(other)];
  });
  return rounded(median(ratios));
}

function turnsOf(
  cells: readonly Cell[],
  what: What,
  atOnce: number,
  contestant: Contestant,
): readonly Turn[] {
  const found = cells.find(
    (cell) => cell.what === what && cell.atOnce === atOnce && cell.contestant === contestant,
  );
  return found?.turns ?? [];
}

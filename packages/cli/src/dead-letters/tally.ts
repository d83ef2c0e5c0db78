import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { DeadLetter } from "@imagefleet/core/queue";

/** Dead letters with a common property. Times are ms since the epoch. */
export interface Group {
  readonly name: string;
  readonly deadLetters: number;
  readonly lanes: Readonly<Record<Lane, number>>;
  readonly oldest: number;
  readonly newest: number;
  /** The most common reason in the group. */
  readonly mainReason: string;
}

/** Groups dead letters, the largest group first. */
export function groupBy(
  deadLetters: readonly DeadLetter[],
  nameOf: (deadLetter: DeadLetter) => string,
): Group[] {
  const groups = Map.groupBy(deadLetters, nameOf);
  return [...groups]
    .map(([name, some]) => ({
      name,
      deadLetters: some.length,
      lanes: {
        small: some.filter(({ lane }) => lane === "small").length,
        large: some.filter(({ lane }) => lane === "large").length,
      },
      oldest: Math.min(...times(some)),
      newest: Math.max(...times(some)),
      mainReason: mostCommon(some.map(({ reason }) => reason)),
    }))
    .sort((a, b) => b.deadLetters - a.deadLetters || (a.name < b.name ? -1 : 1));
}

/** `Math.min(...values)` fails with a few hundred thousand arguments. */
function times(deadLetters: readonly DeadLetter[]): number[] {
  let [oldest, newest] = [Number.POSITIVE_INFINITY, 0];
  for (const { lastAttemptAt } of deadLetters) {
    oldest = Math.min(oldest, lastAttemptAt);
    newest = Math.max(newest, lastAttemptAt);
  }
  return [oldest, newest];
}

function mostCommon(values: readonly string[]): string {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.sort(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? "";
}

/** The most folder levels of a group. */
const MAX_DEPTH = 4;

/** Groups by folder of the source's key, at the first depth that gives more than one group. */
export function groupByFolder(deadLetters: readonly DeadLetter[]): Group[] {
  for (let depth = 1; ; depth++) {
    const groups = groupBy(deadLetters, (deadLetter) => folderOf(deadLetter, depth));
    if (groups.length > 1 || depth === MAX_DEPTH) return groups;
  }
}

function folderOf({ source }: DeadLetter, depth: number): string {
  if (source === undefined) return "(no source)";
  const folders = source.key.split("/").slice(0, -1).slice(0, depth);
  return folders.length === 0 ? "(top)" : `${folders.join("/")}/`;
}

/** The hour (UTC) of the last attempt: `2026-11-21T03`. */
export function hourOf({ lastAttemptAt }: DeadLetter): string {
  return new Date(lastAttemptAt).toISOString().slice(0, 13);
}

/** `small`, `large` or both. */
export function lanesText(lanes: Readonly<Record<Lane, number>>): string {
  return LANES.filter((lane) => lanes[lane] > 0).join(", ");
}

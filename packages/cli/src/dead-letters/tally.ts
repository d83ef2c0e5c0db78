import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { DeadLetter } from "@imagefleet/core/queue";

/** Dead letters that have something in common. Times are ms since the epoch. */
export interface Group {
  readonly name: string;
  readonly deadLetters: number;
  readonly lanes: Readonly<Record<Lane, number>>;
  readonly oldest: number;
  readonly newest: number;
  /** The commonest reason among them. */
  readonly mostly: string;
}

/** Groups, the largest first. */
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
      mostly: commonest(some.map(({ reason }) => reason)),
    }))
    .sort((a, b) => b.deadLetters - a.deadLetters || (a.name < b.name ? -1 : 1));
}

/** A call with each as an argument of its own ends at some hundred thousand. */
function times(deadLetters: readonly DeadLetter[]): number[] {
  let [oldest, newest] = [Number.POSITIVE_INFINITY, 0];
  for (const { lastAttemptAt } of deadLetters) {
    oldest = Math.min(oldest, lastAttemptAt);
    newest = Math.max(newest, lastAttemptAt);
  }
  return [oldest, newest];
}

function commonest(values: readonly string[]): string {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.sort(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? "";
}

/** How deep folders are told apart at most. */
const DEEPEST = 4;

/** By folder of the source's key, as deep as it takes to tell any apart. */
export function groupByFolder(deadLetters: readonly DeadLetter[]): Group[] {
  for (let depth = 1; ; depth++) {
    const groups = groupBy(deadLetters, (deadLetter) => folderOf(deadLetter, depth));
    if (groups.length > 1 || depth === DEEPEST) return groups;
  }
}

function folderOf({ source }: DeadLetter, depth: number): string {
  if (source === undefined) return "(no source)";
  const folders = source.key.split("/").slice(0, -1).slice(0, depth);
  return folders.length === 0 ? "(top)" : `${folders.join("/")}/`;
}

/** The hour of a letter's last attempt, UTC: `2026-11-21T03`. */
export function hourOf({ lastAttemptAt }: DeadLetter): string {
  return new Date(lastAttemptAt).toISOString().slice(0, 13);
}

/** `small`, `large` or both. */
export function lanesText(lanes: Readonly<Record<Lane, number>>): string {
  return LANES.filter((lane) => lanes[lane] > 0).join(", ");
}

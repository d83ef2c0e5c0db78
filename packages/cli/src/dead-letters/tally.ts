import { LANES, type Lane } from "@imagefleet/core/outcome";
import type { DeadLetter } from "@imagefleet/core/queue";
import { messageName } from "./message-name.ts";

/** Dead letters with a common property. Times are ms since the epoch. */
export interface Group {
  readonly name: string;
  readonly deadLetters: number;
  readonly lanes: Readonly<Record<Lane, number>>;
  readonly oldest: number;
  readonly newest: number;
  /** The most common reason in the group. */
  readonly mainReason: string;
  /** The message of the newest. */
  readonly example: string;
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
      ...ends(some),
      mainReason: mostCommon(some.map(({ reason }) => reason)),
    }))
    .sort((a, b) => b.deadLetters - a.deadLetters || (a.name < b.name ? -1 : 1));
}

/** `Math.min(...values)` fails with a few hundred thousand arguments. */
function ends(deadLetters: readonly DeadLetter[]): Pick<Group, "oldest" | "newest" | "example"> {
  let [oldest, newest, example] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, ""];
  for (const { lastAttemptAt, message } of deadLetters) {
    oldest = Math.min(oldest, lastAttemptAt);
    if (lastAttemptAt < newest) continue;
    newest = lastAttemptAt;
    example = message;
  }
  return { oldest, newest, example };
}

function mostCommon(values: readonly string[]): string {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.sort(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? "";
}

/** Groups by the error that the messages are about. */
export function groupByMessage(deadLetters: readonly DeadLetter[]): Group[] {
  return groupBy(deadLetters, ({ message }) => messageName(message));
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

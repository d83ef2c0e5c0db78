import type { Screen } from "../terminal/screen.ts";
import { many } from "../terminal/thousands.ts";
import type { Check, State } from "./check.ts";

const MARKS = {
  ok: ["ok", "green"],
  wrong: ["wrong", "red"],
  unasked: ["not asked", "yellow"],
  none: ["none", "dim"],
} as const;

const WIDEST = 9;

/** A check in lines: how it ended, what was found, what to do. */
export function checkText({ name, state, says, fix }: Check, paint: Screen["paint"]): string[] {
  const [word, style] = MARKS[state];
  return [
    `${paint(style, word.padEnd(WIDEST))}  ${name}: ${says}`,
    ...(fix === undefined ? [] : [`${" ".repeat(WIDEST)}  → ${fix}`]),
  ];
}

/** What it came to, in one sentence. */
export function summaryText(checks: readonly Check[], where: string): string {
  const { wrong, unasked } = tally(checks);
  const found = wrong === 0 ? "Nothing is wrong" : `${many(wrong, "check")} found something wrong`;
  const left =
    unasked === 0 ? "" : `; ${many(unasked, "check")} could not be asked, and prove nothing`;
  return `${found} at ${where}${left}.`;
}

export function tally(checks: readonly Check[]): Readonly<Record<State, number>> {
  const count = (state: State) => checks.filter((check) => check.state === state).length;
  return {
    ok: count("ok"),
    wrong: count("wrong"),
    unasked: count("unasked"),
    none: count("none"),
  };
}

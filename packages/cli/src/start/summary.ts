import { LANES } from "@imagefleet/core/outcome";
import type { Fleet } from "@imagefleet/local/fleet";
import type { Unreadable } from "../input/walk.ts";
import { ADVICE } from "../view/advice.ts";
import { printable } from "../view/printable.ts";
import type { Screen } from "../view/screen.ts";
import {
  outcomesText,
  renditionTotals,
  type SourceRow,
  sourceTable,
  tally,
} from "../view/source-table.ts";
import { count, formatMs } from "../view/units.ts";
import type { DeadLetter, RunResults } from "./results.ts";

/** More are counted; `results` of the JSON has them all. */
const MOST_LETTERS = 20;

/** The report of a run: table, totals, dead letters, where everything is. */
export function reportRun(
  run: RunResults,
  unreadable: readonly Unreadable[],
  fleet: Pick<Fleet, "endpoint" | "renditionBucket">,
  out: string | undefined,
  screen: Screen,
): void {
  const rows = run.results.map(
    (result): SourceRow => ({ ...result, name: result.key, renditions: result.renditions }),
  );
  const { paint } = screen;
  if (rows.length > 0) screen.report("", ...sourceTable(rows, screen));
  screen.report(
    "",
    `${paint("bold", totals(run))}`,
    renditionTotals(rows),
    ...letterLines(run, screen),
    ...problemLines(unreadable, run, screen),
    "",
    `renditions  s3://${fleet.renditionBucket} at ${fleet.endpoint}`,
    ...(out === undefined ? [] : [`            ${out}`]),
  );
}

function totals({ results, seconds }: RunResults): string {
  const outcomes = outcomesText(tally(results.map(({ outcome }) => outcome)));
  const lanes = LANES.map((lane) => {
    return `${lane} lane ${results.filter((result) => result.lane === lane).length}`;
  });
  const rate = seconds > 0 ? `, ${(results.length / seconds).toFixed(1)} images/s` : "";
  const sources = count(results.length, "source");
  if (results.length === 0) return `Nothing finished in ${formatMs(seconds * 1000)}`;
  return `${sources} in ${formatMs(seconds * 1000)}${rate}: ${outcomes} · ${lanes.join(", ")}`;
}

function letterLines({ deadLetters, otherLetters }: RunResults, { paint }: Screen): string[] {
  const others =
    otherLetters === 0
      ? []
      : ["", paint("dim", `besides, not of this run: ${count(otherLetters, "dead letter")}`)];
  if (deadLetters.length === 0) return others;
  const left = deadLetters.length - MOST_LETTERS;
  return [
    "",
    paint(["bold", "red"], count(deadLetters.length, "dead letter")),
    ...deadLetters.slice(0, MOST_LETTERS).flatMap((letter) => letterText(letter, paint)),
    ...(left > 0 ? [`  … and ${left} more`] : []),
    ...others,
  ];
}

function letterText({ key, reason, message, lane }: DeadLetter, paint: Screen["paint"]): string[] {
  return [
    `  ${paint("bold", printable(key))}  ${paint("red", reason)}, ${lane} lane`,
    `    ${printable(message)}`,
    paint("dim", `    → ${ADVICE[reason]}`),
  ];
}

function problemLines(
  unreadable: readonly Unreadable[],
  { unfinished }: RunResults,
  { paint }: Screen,
): string[] {
  const lost = unreadable.map(({ file, why }) => `  ${printable(file)}: ${printable(why)}`);
  return [
    ...(lost.length === 0
      ? []
      : [
          "",
          paint(["bold", "red"], `${count(lost.length, "file")} could not be uploaded`),
          ...lost,
        ]),
    ...(unfinished.length === 0
      ? []
      : [
          "",
          paint(
            "yellow",
            `${count(unfinished.length, "source")} without an end yet: what is still in`,
          ),
          paint("yellow", "the queues is done by the next start on the same data"),
        ]),
  ];
}

import { LANES } from "@imagefleet/core/outcome";
import type { Fleet } from "@imagefleet/local/fleet";
import { GALLERY } from "@imagefleet/local/gallery";
import { UPLOAD_PAGE } from "@imagefleet/local/upload-page";
import { present } from "../../present.ts";
import { ADVICE } from "../../terminal/advice.ts";
import { formatMs, many } from "../../terminal/format.ts";
import { printable } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import {
  outcomesText,
  renditionTotals,
  type SourceRow,
  sourceTable,
  tally,
} from "../../terminal/source-table.ts";
import type { DeadLetter, RunResults } from "./results.ts";
import type { NotUploaded } from "./upload.ts";

/** The most dead letters that are printed; the JSON contains all. */
const MOST_DEAD_LETTERS = 20;

/** Prints the report of a run: table, totals, dead letters, unfinished sources. */
export function reportRun(
  run: RunResults,
  notUploaded: NotUploaded,
  queued: number,
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
    ...deadLetterLines(run, screen),
    ...problemLines(notUploaded, run, queued, screen),
  );
}

/** Where the renditions are while the servers run. */
export function whereText(
  {
    renditionBucket,
    endpoint,
    edge,
    catalog,
  }: Pick<Fleet, "catalog" | "edge" | "endpoint" | "renditionBucket">,
  out: string | undefined,
): string[] {
  const copies = out === undefined ? [] : [`            ${out}`];
  return [
    "",
    `renditions  s3://${renditionBucket} at ${endpoint}`,
    ...copies,
    `gallery     ${edge.url}${GALLERY}`,
    `edge        ${edge.url}/{key of a rendition}`,
    ...(catalog ? [`uploads     ${edge.url}${UPLOAD_PAGE}`, `API         ${catalog.api.url}`] : []),
  ];
}

/** Where the renditions are when the servers have stopped. */
export function leftText(out: string | undefined, data: string): string[] {
  return [
    "",
    out === undefined
      ? `renditions  stored in ${data}; --out DIR copies them into a folder`
      : `renditions  ${out}`,
  ];
}

function totals({ results, seconds }: RunResults): string {
  const outcomes = outcomesText(tally(results.map(({ outcome }) => outcome)));
  const lanes = LANES.map((lane) => {
    return `${lane} lane ${results.filter((result) => result.lane === lane).length}`;
  });
  const rate = seconds > 0 ? `, ${(results.length / seconds).toFixed(1)} images/s` : "";
  const sources = many(results.length, "source");
  if (results.length === 0) return `No source finished in ${formatMs(seconds * 1000)}`;
  return `${sources} in ${formatMs(seconds * 1000)}${rate}: ${outcomes} · ${lanes.join(", ")}`;
}

function deadLetterLines(
  { deadLetters, otherDeadLetters: others }: RunResults,
  { paint }: Screen,
): string[] {
  const left = deadLetters.length - MOST_DEAD_LETTERS;
  return present(
    deadLetters.length > 0 && ["", paint(["bold", "red"], many(deadLetters.length, "dead letter"))],
    deadLetters.slice(0, MOST_DEAD_LETTERS).flatMap((each) => deadLetterText(each, paint)),
    left > 0 && `  … and ${left} more: --json lists all`,
    others > 0 && ["", paint("dim", `${many(others, "dead letter")} of other runs`)],
  );
}

function deadLetterText(
  { key, reason, message, lane }: DeadLetter,
  paint: Screen["paint"],
): string[] {
  return [
    `  ${paint("bold", printable(key))}  ${paint("red", reason)}, ${lane} lane`,
    `    ${printable(message)}`,
    paint("dim", `    → ${ADVICE[reason]}`),
  ];
}

function problemLines(
  { failed, left }: NotUploaded,
  { unfinished }: RunResults,
  queued: number,
  { paint }: Screen,
): string[] {
  const warned = (...lines: readonly string[]) => ["", ...lines.map((one) => paint("yellow", one))];
  return present(
    failed.length > 0 && [
      "",
      paint(["bold", "red"], `${many(failed.length, "file")} could not be uploaded`),
      ...failed.map(({ file, why }) => `  ${printable(file)}: ${printable(why)}`),
    ],
    left.length > 0 &&
      warned(
        `${many(left.length, "image")} not uploaded:`,
        "  the next start with the same folder uploads them",
      ),
    (unfinished.length > 0 || queued > 0) &&
      warned(
        `${many(unfinished.length, "source")} unfinished, ${many(queued, "message")} in the queues:`,
        "  the next start with the same --data processes them",
      ),
  );
}

import type { DeadLetter } from "@imagefleet/core/queue";
import { filterText } from "../../dead-letters/filter.ts";
import { deadLetterJson } from "../../dead-letters/json.ts";
import { warnings } from "../../dead-letters/survey.ts";
import { EXIT } from "../../exit-code.ts";
import { present } from "../../present.ts";
import { ago, many } from "../../terminal/format.ts";
import { printable } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import { type Canvas, type Column, table } from "../../terminal/table.ts";
import { onSurvey } from "./on-survey.ts";
import type { DlqOptions } from "./options.ts";

/** Enough of an id to be unique and short enough to type. */
const SHORT_ID = 8;

/** `imagefleet dlq list`: one line per dead letter, the latest last, next to the prompt. */
export function list(
  options: DlqOptions & { readonly limit: number },
  screen: Screen,
): Promise<number> {
  return onSurvey(options, async (found, { where }) => {
    const { deadLetters } = found;
    const of = filterText(options.filter);
    if (options.json) for (const each of deadLetters) screen.json(deadLetterJson(each));
    else if (deadLetters.length > 0) screen.report(...listText(deadLetters, of, options, screen));
    else screen.report(screen.paint("green", `No dead letters${of} at ${where}.`));
    for (const warning of warnings(found)) screen.warn(warning);
    return EXIT.done;
  });
}

function listText(
  deadLetters: readonly DeadLetter[],
  of: string,
  { limit }: { readonly limit: number },
  screen: Screen,
): string[] {
  const shown = deadLetters.slice(-limit);
  const left = many(deadLetters.length - shown.length, "older dead letter");
  return present(
    deadLetters.length > limit &&
      screen.paint("dim", `${left} not shown: use --limit, or --json for all`),
    table(columns(Date.now(), screen), shown, screen),
    ["", `${many(deadLetters.length, "dead letter")}${of}`, "", "Next:"],
    `  ${screen.command(`dlq show ${shown.at(-1)?.id.slice(0, SHORT_ID)}`)}`,
  );
}

function columns(now: number, { paint, width }: Canvas): Column<DeadLetter>[] {
  return [
    { title: "id", cell: ({ id }) => id.slice(0, SHORT_ID) },
    {
      title: "source",
      cell: ({ source }) => (source ? printable(source.key) : "(no source)"),
      min: 18,
      cut: "middle",
    },
    {
      title: "reason",
      cell: ({ reason }) => reason,
      min: 13,
      paint: (text) => paint("red", text),
    },
    { title: "lane", cell: ({ lane }) => lane },
    { title: "last attempt", cell: ({ lastAttemptAt }) => ago(lastAttemptAt, now) },
    {
      title: width < 90 ? "redr." : "redriven",
      align: "right",
      cell: ({ redriveCount }) => (redriveCount === 0 ? "–" : `${redriveCount}×`),
    },
  ];
}

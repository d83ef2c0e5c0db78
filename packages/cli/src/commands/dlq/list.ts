import type { DeadLetter } from "@imagefleet/core/queue";
import { connect } from "../../connection/connect.ts";
import { filterText } from "../../dead-letters/filter.ts";
import { survey, warnings } from "../../dead-letters/survey.ts";
import { EXIT } from "../../exit-code.ts";
import { ago } from "../../terminal/ago.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { printable } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import { table } from "../../terminal/table.ts";
import { many } from "../../terminal/thousands.ts";
import { deadLetterJson } from "./dead-letter-line.ts";
import type { DlqOptions } from "./options.ts";

/** Enough of an id to be unique and short enough to type. */
const SHORT_ID = 8;

/** `imagefleet dlq list`: one line per dead letter, the latest last, next to the prompt. */
export async function list(
  options: DlqOptions & { readonly limit: number },
  screen: Screen,
): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await survey(connection, options.filter, { ...options, signal });
  if (signal.aborted) return EXIT.interrupted;
  const { deadLetters } = found;
  const shown = deadLetters.slice(-options.limit);
  if (options.json) {
    for (const deadLetter of deadLetters) screen.json(deadLetterJson(deadLetter));
  } else if (deadLetters.length === 0) {
    screen.report(
      screen.paint("green", `No dead letters${filterText(options.filter)} at ${connection.where}.`),
    );
  } else {
    const left = deadLetters.length - shown.length;
    screen.report(
      ...(left === 0
        ? []
        : [
            screen.paint(
              "dim",
              `${many(left, "older dead letter")} not shown: use --limit, or --json for all`,
            ),
          ]),
      ...table(columns(Date.now(), screen), shown, screen.width, (text) =>
        screen.paint("dim", text),
      ),
      "",
      `${many(deadLetters.length, "dead letter")}${filterText(options.filter)}`,
      "",
      "Next:",
      `  ${screen.command(`dlq show ${shown.at(-1)?.id.slice(0, SHORT_ID)}`)}`,
    );
  }
  for (const warning of warnings(found)) screen.note(screen.tint("yellow", `! ${warning}`));
  return EXIT.done;
}

function columns(now: number, { paint, width }: Pick<Screen, "paint" | "width">) {
  return [
    { title: "id", cell: ({ id }: DeadLetter) => id.slice(0, SHORT_ID) },
    {
      title: "source",
      cell: ({ source }: DeadLetter) => (source ? printable(source.key) : "(no source)"),
      min: 18,
      cut: "middle" as const,
    },
    {
      title: "reason",
      cell: ({ reason }: DeadLetter) => reason,
      min: 13,
      paint: (text: string) => paint("red", text),
    },
    { title: "lane", cell: ({ lane }: DeadLetter) => lane },
    { title: "last attempt", cell: ({ lastAttemptAt }: DeadLetter) => ago(lastAttemptAt, now) },
    {
      title: width < 90 ? "redr." : "redriven",
      align: "right" as const,
      cell: ({ redriveCount }: DeadLetter) => (redriveCount === 0 ? "–" : `${redriveCount}×`),
    },
  ];
}

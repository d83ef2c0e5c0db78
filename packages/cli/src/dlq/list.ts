import type { Letter } from "@imagefleet/core/queue";
import { connect } from "../connection/connect.ts";
import { EXIT } from "../exit-code.ts";
import { onInterrupt } from "../interrupt.ts";
import { ago } from "../view/ago.ts";
import { printable } from "../view/printable.ts";
import type { Screen } from "../view/screen.ts";
import { table } from "../view/table.ts";
import { many } from "../view/thousands.ts";
import { filterText } from "./filter.ts";
import { letterJson } from "./letter-json.ts";
import type { DlqOptions } from "./options.ts";
import { doubts, survey } from "./survey.ts";

/** Enough of an id to tell it from others, and to type. */
const SHORT_ID = 8;

/** `imagefleet dlq list`: one line a letter, the latest last, where the eye is. */
export async function list(
  options: DlqOptions & { readonly limit: number },
  screen: Screen,
): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await survey(connection, options.filter, { ...options, signal });
  if (signal.aborted) return EXIT.interrupted;
  const { letters } = found;
  const shown = letters.slice(-options.limit);
  if (options.json) {
    for (const letter of letters) screen.json(letterJson(letter));
  } else if (letters.length === 0) {
    screen.report(
      screen.paint("green", `No dead letters${filterText(options.filter)} at ${connection.where}.`),
    );
  } else {
    const left = letters.length - shown.length;
    screen.report(
      ...(left === 0
        ? []
        : [
            screen.paint(
              "dim",
              `${many(left, "older letter")} left out: --limit, or --json for all`,
            ),
          ]),
      ...table(columns(Date.now(), screen), shown, screen.width, (text) =>
        screen.paint("dim", text),
      ),
      "",
      `${many(letters.length, "dead letter")}${filterText(options.filter)}`,
      "",
      "Next:",
      `  ${screen.command(`dlq show ${shown.at(-1)?.id.slice(0, SHORT_ID)}`)}`,
    );
  }
  for (const doubt of doubts(found)) screen.note(screen.tint("yellow", `! ${doubt}`));
  return EXIT.done;
}

function columns(now: number, { paint, width }: Pick<Screen, "paint" | "width">) {
  return [
    { title: "id", cell: ({ id }: Letter) => id.slice(0, SHORT_ID) },
    {
      title: "source",
      cell: ({ source }: Letter) => (source ? printable(source.key) : "(no source)"),
      min: 18,
      cut: "middle" as const,
    },
    {
      title: "reason",
      cell: ({ reason }: Letter) => reason,
      min: 13,
      paint: (text: string) => paint("red", text),
    },
    { title: "lane", cell: ({ lane }: Letter) => lane },
    { title: "last tried", cell: ({ lastAttemptAt }: Letter) => ago(lastAttemptAt, now) },
    {
      title: width < 90 ? "redr." : "redriven",
      align: "right" as const,
      cell: ({ redriveCount }: Letter) => (redriveCount === 0 ? "–" : `${redriveCount}×`),
    },
  ];
}

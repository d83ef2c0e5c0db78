import { LANES, type Lane } from "@imagefleet/core/outcome";
import { reasonColumn, sizeColumns } from "../../dead-letters/columns.ts";
import { ago, lasting, many, thousands } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/screen.ts";
import { table } from "../../terminal/table.ts";
import { assess, emptyInSeconds, rateText, STEADY, type State } from "./assess.ts";
import type { Status } from "./snapshot.ts";

const COLOR = {
  well: "green",
  busy: "bold",
  attention: "yellow",
  trouble: "red",
} as const satisfies Record<State, string>;

export function statusText(
  status: Status,
  where: string,
  canvas: Pick<Screen, "width" | "paint" | "command">,
): string[] {
  const { paint, command } = canvas;
  const total = status.deadLetters.small + status.deadLetters.large;
  const rows = LANES.map((lane) => ({ lane, ...status.lanes[lane] }));
  const { state, sentence } = assess(status);
  return [
    paint(COLOR[state], sentence),
    "",
    `${paint("bold", where)}  ${paint("dim", `${new Date(status.at).toISOString().slice(11, 19)}Z`)}`,
    "",
    ...table(
      [
        { title: "lane", cell: ({ lane }) => lane },
        { title: "waiting", align: "right", cell: ({ waiting }) => thousands(waiting) },
        { title: "in flight", align: "right", cell: ({ inFlight }) => thousands(inFlight) },
        ...(rows.some(({ oldestSeconds }) => oldestSeconds !== undefined && oldestSeconds > 0)
          ? [{ title: "oldest", cell: oldestText }]
          : []),
        { title: "trend", cell: trendText },
      ],
      rows,
      canvas,
    ),
    "",
    ...(total === 0
      ? [paint("green", "No dead letters.")]
      : [
          `${paint(["bold", "red"], many(total, "dead letter"))}: ${deadLettersText(status.deadLetters)}`,
          ...table([reasonColumn(canvas), ...sizeColumns(status.at)], status.reasons, canvas),
          ...ageText(status, total).map((text) => paint("dim", text)),
          "",
          "Next:",
          `  ${command("dlq")}`,
        ]),
  ];
}

/** Dead letters are read less often than counted, and those that another reader holds cannot be read. */
function ageText({ at, reasons, reasonsAt }: Status, total: number): string[] {
  const read = reasons.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  if (read === total) return [];
  return [`reasons of ${many(read, "dead letter")}, read ${ago(reasonsAt, at)}`];
}

function deadLettersText(deadLetters: Readonly<Record<Lane, number>>): string {
  return LANES.map((lane) => `${lane} lane ${thousands(deadLetters[lane])}`).join(", ");
}

function oldestText({ oldestSeconds }: Status["lanes"][Lane]): string {
  if (oldestSeconds === undefined) return "unknown";
  return oldestSeconds === 0 ? "" : lasting(oldestSeconds);
}

/** `shrinks by 35/s, empty in about 12 s` */
function trendText(lane: Status["lanes"][Lane]): string {
  const { waiting, inFlight, perSecond } = lane;
  if (waiting + inFlight === 0) return "empty";
  if (perSecond === undefined) return "";
  if (Math.abs(perSecond) < STEADY) return "steady";
  const left = emptyInSeconds(lane);
  return left === undefined
    ? `grows by ${rateText(perSecond)}/s`
    : `shrinks by ${rateText(perSecond)}/s, empty in about ${lasting(left)}`;
}

export function statusJson(status: Status): unknown {
  const { at, lanes, deadLetters, reasons, reasonsAt } = status;
  return {
    version: 1,
    at: new Date(at).toISOString(),
    ...assess(status),
    lanes: Object.fromEntries(
      LANES.map((lane) => {
        const { waiting, inFlight, perSecond = null, oldestSeconds = null } = lanes[lane];
        const left = emptyInSeconds(lanes[lane]) ?? null;
        return [lane, { waiting, inFlight, perSecond, oldestSeconds, emptyInSeconds: left }];
      }),
    ),
    deadLetters,
    reasonsAt: new Date(reasonsAt).toISOString(),
    reasons: reasons.map(({ name, deadLetters, oldest, newest }) => ({
      name,
      deadLetters,
      oldest: new Date(oldest).toISOString(),
      newest: new Date(newest).toISOString(),
    })),
  };
}

/** One plain line, for a log. */
export function statusLine(status: Status): string {
  const { lanes, deadLetters } = status;
  const of = LANES.map((lane) => {
    const { waiting, inFlight } = lanes[lane];
    return `${lane} lane: ${waiting} waiting, ${inFlight} in flight, ${many(deadLetters[lane], "dead letter")}`;
  });
  return `${assess(status).sentence} ${of.join(" · ")}`;
}

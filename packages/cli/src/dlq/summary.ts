import { REJECTED_REASONS } from "@imagefleet/core/outcome";
import { connect } from "../connection/connect.ts";
import { EXIT } from "../exit-code.ts";
import { onInterrupt } from "../interrupt.ts";
import { ago } from "../view/ago.ts";
import { printable } from "../view/printable.ts";
import type { Screen } from "../view/screen.ts";
import { table } from "../view/table.ts";
import { many, thousands } from "../view/thousands.ts";
import { LETTER_ADVICE, WORTH_REDRIVING } from "./advice.ts";
import { filterText, isNarrow } from "./filter.ts";
import type { DlqOptions } from "./options.ts";
import { doubts, heldByOthers, type Survey, survey } from "./survey.ts";
import { type Group, groupBy, groupByFolder, hourOf, lanesText } from "./tally.ts";

const MOST_FOLDERS = 8;
const MOST_HOURS = 12;
const BAR = 32;

/** `imagefleet dlq summary`: what lies in both dead-letter queues, and what to do about it. */
export async function summary(options: DlqOptions, screen: Screen): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await survey(connection, options.filter, { ...options, signal });
  if (signal.aborted) return EXIT.interrupted;
  const now = Date.now();
  if (options.json) screen.json(summaryJson(found));
  else screen.report(...summaryText(found, options, connection.where, now, screen));
  return EXIT.done;
}

type Canvas = Pick<Screen, "width" | "paint" | "command">;

function summaryText(
  found: Survey,
  { filter }: DlqOptions,
  where: string,
  now: number,
  screen: Canvas,
): string[] {
  const { letters } = found;
  const { paint } = screen;
  const title = (text: string) => paint("dim", text);
  const doubt = doubts(found).map((text) => paint("yellow", `! ${text}`));
  const held = heldByOthers(found);
  if (held > 0) {
    const all = `${many(held, "dead letter")} at ${where}, all in another reader's hands.`;
    return [paint("yellow", all), ...doubt];
  }
  if (letters.length === 0) {
    const none = `No dead letters${filterText(filter)} at ${where}.`;
    return [paint("green", none), ...doubt];
  }
  const reasons = groupBy(letters, ({ reason }) => reason);
  return [
    paint("bold", `${many(letters.length, "dead letter")}${filterText(filter)} at ${where}`),
    "",
    ...table(
      laneColumns(now),
      groupBy(letters, ({ lane }) => lane),
      screen.width,
      title,
    ),
    "",
    ...table(reasonColumns(now, screen), reasons, screen.width, title),
    "",
    ...reasons.map(({ name }) => adviceLine(name)),
    "",
    ...some(
      table(folderColumns(), groupByFolder(letters), screen.width, title),
      MOST_FOLDERS,
      "folder",
    ),
    "",
    ...hourLines(letters, screen),
    ...(doubt.length === 0 ? [] : ["", ...doubt]),
    ...next(reasons, isNarrow(filter), screen),
  ];
}

function adviceLine(name: string): string {
  const advice = Object.entries(LETTER_ADVICE).find(([reason]) => reason === name)?.[1] ?? "";
  return `${name}\n  → ${advice}`;
}

function laneColumns(now: number) {
  return [
    { title: "lane", cell: ({ name }: Group) => name },
    ...sharedColumns(now),
    { title: "mostly", cell: ({ mostly }: Group) => mostly },
  ];
}

function reasonColumns(now: number, { paint }: Canvas) {
  return [
    {
      title: "reason",
      cell: ({ name }: Group) => name,
      paint: (text: string, { name }: Group) =>
        paint(REJECTED_REASONS.some((reason) => reason === name) ? "yellow" : "red", text),
    },
    ...sharedColumns(now),
    { title: "lane", cell: ({ lanes }: Group) => lanesText(lanes) },
  ];
}

function sharedColumns(now: number) {
  return [
    {
      title: "letters",
      align: "right" as const,
      cell: ({ letters }: Group) => thousands(letters),
    },
    { title: "oldest", cell: ({ oldest }: Group) => ago(oldest, now) },
    { title: "newest", cell: ({ newest }: Group) => ago(newest, now) },
  ];
}

function folderColumns() {
  return [
    {
      title: "folder",
      cell: ({ name }: Group) => printable(name),
      min: 20,
      cut: "middle" as const,
    },
    {
      title: "letters",
      align: "right" as const,
      cell: ({ letters }: Group) => thousands(letters),
    },
    { title: "mostly", cell: ({ mostly }: Group) => mostly },
  ];
}

/** The first lines of a table under its title, and how many are left out, which JSON has. */
function some(lines: readonly string[], most: number, noun: string): string[] {
  const left = lines.length - 1 - most;
  if (left <= 0) return [...lines];
  return [...lines.slice(0, most + 1), `… and ${many(left, noun)} more: --json lists all`];
}

/** By hour of the last attempt: a bad deploy shows as a cliff. */
function hourLines(letters: Survey["letters"], { paint }: Canvas): string[] {
  const hours = groupBy(letters, hourOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  const shown = hours.slice(-MOST_HOURS);
  const most = Math.max(...shown.map((hour) => hour.letters));
  return [
    paint("dim", "last attempt, by hour (UTC)"),
    ...(hours.length > shown.length
      ? [
          paint(
            "dim",
            `… ${many(hours.length - shown.length, "hour")} before these: --json lists all`,
          ),
        ]
      : []),
    ...shown.map(({ name, letters: number, mostly }) => {
      const bar = "█".repeat(Math.max(1, Math.round((number / most) * BAR)));
      return `${name.replace("T", " ")}:00  ${paint("cyan", bar)} ${thousands(number)} ${paint("dim", mostly)}`;
    }),
  ];
}

function next(reasons: readonly Group[], narrow: boolean, { command }: Canvas): string[] {
  if (narrow) return [];
  const again = reasons.find(({ name }) => WORTH_REDRIVING.some((reason) => reason === name));
  const first = reasons[0]?.name ?? "";
  return [
    "",
    "Next:",
    `  ${command(`dlq list --reason ${first}`)}`,
    ...(again === undefined
      ? []
      : [`  ${command(`dlq redrive --reason ${again.name} --dry-run`)}`]),
  ];
}

function summaryJson(found: Survey): unknown {
  const { letters, lanes } = found;
  const group = ({ name, letters: number, oldest, newest, lanes: by }: Group) => ({
    name,
    letters: number,
    ...by,
    oldest: new Date(oldest).toISOString(),
    newest: new Date(newest).toISOString(),
  });
  return {
    version: 1,
    letters: letters.length,
    lanes: Object.fromEntries(
      lanes.map(({ lane, before, seen }) => [
        lane,
        {
          letters: letters.filter((letter) => letter.lane === lane).length,
          read: seen,
          waitingBefore: before.waiting,
          inFlightBefore: before.inFlight,
        },
      ]),
    ),
    reasons: groupBy(letters, ({ reason }) => reason).map(group),
    folders: groupByFolder(letters).map(group),
    hours: groupBy(letters, hourOf).map(group),
    doubts: doubts(found),
  };
}

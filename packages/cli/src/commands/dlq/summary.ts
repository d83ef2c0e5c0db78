import { DEAD_LETTER_ADVICE, WORTH_REDRIVING } from "../../dead-letters/advice.ts";
import { reasonColumn, sizeColumns } from "../../dead-letters/columns.ts";
import { filterText, isNarrow } from "../../dead-letters/filter.ts";
import { deadLetterJson } from "../../dead-letters/json.ts";
import { heldByOthers, type Survey, warnings } from "../../dead-letters/survey.ts";
import {
  type Group,
  groupBy,
  groupByFolder,
  groupByMessage,
  hourOf,
  lanesText,
} from "../../dead-letters/tally.ts";
import { EXIT } from "../../exit-code.ts";
import { present } from "../../present.ts";
import { many, thousands } from "../../terminal/format.ts";
import { printable } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import { type Column, table } from "../../terminal/table.ts";
import { UsageError } from "../../usage-error.ts";
import { onSurvey } from "./on-survey.ts";
import type { DlqOptions } from "./options.ts";

const MAX_MESSAGES = 8;
const MAX_FOLDERS = 8;
const MAX_HOURS = 12;
const BAR_WIDTH = 32;

/** `imagefleet dlq summary`: the dead letters of both lanes by reason, folder and hour, with advice. */
export function summary(
  options: DlqOptions & { readonly letters: number },
  screen: Screen,
): Promise<number> {
  if (options.letters > 0 && !options.json) {
    throw new UsageError(
      `--letters ${options.letters} is for --json only. Add --json, or use ${screen.command(`dlq list --limit ${options.letters}`)}`,
    );
  }
  return onSurvey(options, async (found, { where }) => {
    if (options.json) screen.json(summaryJson(found, options.letters));
    else screen.report(...summaryText(found, options, where, Date.now(), screen));
    return EXIT.done;
  });
}

type Canvas = Pick<Screen, "width" | "paint" | "command">;

function summaryText(
  found: Survey,
  { filter }: DlqOptions,
  where: string,
  now: number,
  screen: Canvas,
): string[] {
  const { deadLetters } = found;
  const { paint } = screen;
  const warning = warnings(found).map((text) => paint("yellow", `! ${text}`));
  const held = heldByOthers(found);
  if (held > 0) {
    const all = `${many(held, "dead letter")} at ${where}, all held by another reader.`;
    return [paint("yellow", all), ...warning];
  }
  if (deadLetters.length === 0) {
    const none = `No dead letters${filterText(filter)} at ${where}.`;
    return [paint("green", none), ...warning];
  }
  const reasons = groupBy(deadLetters, ({ reason }) => reason);
  const messages = groupByMessage(deadLetters);
  return [
    paint("bold", `${many(deadLetters.length, "dead letter")}${filterText(filter)} at ${where}`),
    "",
    ...table(
      laneColumns(now),
      groupBy(deadLetters, ({ lane }) => lane),
      screen,
    ),
    "",
    ...table(reasonColumns(now, screen), reasons, screen),
    "",
    ...reasons.map((group) => `${group.name}\n  → ${adviceOn(group)}`),
    "",
    // One message for each reason says no more than the reasons.
    ...(messages.length > reasons.length
      ? [...some(table(messageColumns(now), messages, screen), MAX_MESSAGES, "message"), ""]
      : []),
    ...some(table(folderColumns(now), groupByFolder(deadLetters), screen), MAX_FOLDERS, "folder"),
    "",
    ...hourLines(deadLetters, screen),
    ...(warning.length === 0 ? [] : ["", ...warning]),
    ...next(reasons, isNarrow(filter), screen),
  ];
}

function adviceOn({ name }: Group): string {
  return Object.entries(DEAD_LETTER_ADVICE).find(([reason]) => reason === name)?.[1] ?? "";
}

function isWorthRedriving({ name }: Group): boolean {
  return WORTH_REDRIVING.some((reason) => reason === name);
}

const MAIN_REASON = { title: "main reason", cell: ({ mainReason }: Group) => mainReason };

function laneColumns(now: number): Column<Group>[] {
  return [{ title: "lane", cell: ({ name }) => name }, ...sizeColumns(now), MAIN_REASON];
}

function reasonColumns(now: number, canvas: Canvas): Column<Group>[] {
  const lane = { title: "lane", cell: ({ lanes }: Group) => lanesText(lanes) };
  return [reasonColumn(canvas), ...sizeColumns(now), lane];
}

function messageColumns(now: number): Column<Group>[] {
  const [size, , newest] = sizeColumns(now);
  const message = { title: "message", cell: ({ name }: Group) => name };
  return [{ ...message, min: 24, cut: "end" }, size, newest, MAIN_REASON];
}

function folderColumns(now: number): Column<Group>[] {
  const [size] = sizeColumns(now);
  const folder = { title: "folder", cell: ({ name }: Group) => printable(name) };
  return [{ ...folder, min: 20, cut: "middle" }, size, MAIN_REASON];
}

/** The title and the first rows of a table, and how many rows are not shown. */
function some(lines: readonly string[], most: number, noun: string): string[] {
  const left = lines.length - 1 - most;
  if (left <= 0) return [...lines];
  return [...lines.slice(0, most + 1), `… and ${many(left, noun)} more: --json lists all`];
}

/** A bar for each hour of last attempts: a bad deployment shows as a step. */
function hourLines(deadLetters: Survey["deadLetters"], { paint }: Canvas): string[] {
  const hours = groupBy(deadLetters, hourOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  const shown = hours.slice(-MAX_HOURS);
  const most = Math.max(...shown.map((hour) => hour.deadLetters));
  return [
    paint("dim", "last attempt, by hour (UTC)"),
    ...(hours.length > shown.length
      ? [paint("dim", `… ${many(hours.length - shown.length, "hour")} earlier: --json lists all`)]
      : []),
    ...shown.map(({ name, deadLetters: number, mainReason }) => {
      const bar = "█".repeat(Math.max(1, Math.round((number / most) * BAR_WIDTH)));
      return `${name.replace("T", " ")}:00  ${paint("cyan", bar)} ${thousands(number)} ${paint("dim", mainReason)}`;
    }),
  ];
}

function next(reasons: readonly Group[], isFiltered: boolean, { command }: Canvas): string[] {
  if (isFiltered) return [];
  const again = reasons.find(isWorthRedriving);
  return present(
    ["", "Next:", `  ${command(`dlq list --reason ${reasons[0]?.name ?? ""}`)}`],
    again !== undefined && `  ${command(`dlq redrive --reason ${again.name} --dry-run`)}`,
  );
}

function summaryJson(found: Survey, letters: number): unknown {
  const { deadLetters, lanes, readAt, seconds } = found;
  const group = ({ name, deadLetters: number, oldest, newest, lanes: by }: Group) => ({
    name,
    deadLetters: number,
    ...by,
    oldest: new Date(oldest).toISOString(),
    newest: new Date(newest).toISOString(),
  });
  return {
    version: 1,
    readAt: new Date(readAt).toISOString(),
    seconds,
    deadLetters: deadLetters.length,
    lanes: Object.fromEntries(
      lanes.map(({ lane, before, read }) => [
        lane,
        {
          deadLetters: deadLetters.filter((deadLetter) => deadLetter.lane === lane).length,
          read,
          waitingBefore: before.waiting,
          inFlightBefore: before.inFlight,
        },
      ]),
    ),
    reasons: groupBy(deadLetters, ({ reason }) => reason).map((one) => ({
      ...group(one),
      advice: adviceOn(one),
      worthRedriving: isWorthRedriving(one),
    })),
    messages: groupByMessage(deadLetters).map((one) => ({
      ...group(one),
      reason: one.mainReason,
      example: one.example,
    })),
    folders: groupByFolder(deadLetters).map(group),
    hours: groupBy(deadLetters, hourOf).map(group),
    letters: deadLetters
      .slice(Math.max(0, deadLetters.length - letters))
      .reverse()
      .map(deadLetterJson),
    warnings: warnings(found),
  };
}

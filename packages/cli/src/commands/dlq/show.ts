import type { DeadLetter } from "@imagefleet/core/queue";
import { type Connection, connect } from "../../connection/connect.ts";
import { DEAD_LETTER_ADVICE, WORTH_REDRIVING } from "../../dead-letters/advice.ts";
import { lanesOf } from "../../dead-letters/filter.ts";
import { deadLetterJson } from "../../dead-letters/json.ts";
import { type ReceivedDeadLetter, walk } from "../../dead-letters/walk.ts";
import { EXIT } from "../../exit-code.ts";
import { type SourceState, sourceState } from "../../sources/state.ts";
import { ago, formatBytes, many } from "../../terminal/format.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { printable, printableJson, printableLines } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import { UsageError } from "../../usage-error.ts";
import type { DlqOptions } from "./options.ts";

/**
 * `imagefleet dlq show`: one dead letter with its body and attributes, the state of its source, and advice.
 *
 * @throws UsageError unless exactly one dead letter has an id that starts with these characters
 */
export async function show(
  { id, ...options }: DlqOptions & { readonly id: string },
  screen: Screen,
): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await find(id, connection, options, signal);
  if (signal.aborted) return EXIT.interrupted;
  const { message, deadLetter } = found;
  const named = deadLetter.source;
  const source = named ? await sourceState(connection.s3, named.bucket, named.key) : null;
  if (options.json) {
    screen.json({
      ...deadLetterJson(deadLetter),
      body: message.body,
      attributes: message.attributes,
      source,
      advice: DEAD_LETTER_ADVICE[deadLetter.reason],
    });
  } else {
    screen.report(...deadLetterText(deadLetter, source, screen), "", screen.paint("dim", "body"));
    screen.verbatim(printableBody(message.body), "");
    screen.report(...nextText(deadLetter, screen));
  }
  return EXIT.done;
}

async function find(
  id: string,
  connection: Connection,
  { leaseSeconds, filter }: DlqOptions,
  signal: AbortSignal,
): Promise<ReceivedDeadLetter> {
  const matching: ReceivedDeadLetter[] = [];
  await walk(connection, { lanes: lanesOf(filter), leaseSeconds, signal }, async (found) => {
    matching.push(...found.filter(({ message }) => message.id.startsWith(id)));
    return [];
  });
  const [only, ...others] = matching;
  if (only === undefined) {
    throw new UsageError(
      `no dead letter has an id that starts with ${id}. dlq list shows the ids; a dead letter that was redriven has a new one`,
    );
  }
  if (others.length > 0) {
    throw new UsageError(
      `${matching.length} dead letters have an id that starts with ${id}. Give more characters`,
    );
  }
  return only;
}

function deadLetterText(
  deadLetter: DeadLetter,
  source: SourceState | null,
  { paint }: Screen,
): string[] {
  const now = Date.now();
  const { reason, message, lane, firstAttemptAt, lastAttemptAt, receiveCount } = deadLetter;
  const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z, ${ago(ms, now)}`;
  const name = deadLetter.source
    ? `s3://${printable(deadLetter.source.bucket)}/${printable(deadLetter.source.key)}`
    : "(the message names no source)";
  return [
    `${paint("bold", name)}  ${paint("red", reason)}`,
    `  ${printable(message)}`,
    `  → ${isReplaced(deadLetter, source) ? REPLACED : DEAD_LETTER_ADVICE[reason]}`,
    "",
    ...fields([
      ["id", deadLetter.id],
      ["lane", lane],
      [
        deadLetter.redriveCount > 0 ? "first since redrive" : "first attempt",
        firstAttemptAt === undefined ? "unknown" : at(firstAttemptAt),
      ],
      ["last attempt", at(lastAttemptAt)],
      ["received", receiveCount === undefined ? "unknown" : many(receiveCount, "time")],
      ["redriven", many(deadLetter.redriveCount, "time")],
      ["source now", source === null ? "–" : sourceText(source, now)],
    ]),
  ];
}

const REPLACED =
  "the source was replaced after this attempt, and its own event renders it: discard, or redrive to be sure";

function isReplaced({ lastAttemptAt }: DeadLetter, source: SourceState | null): boolean {
  return source?.state === "present" && Date.parse(source.modified) > lastAttemptAt;
}

function sourceText(source: SourceState, now: number): string {
  if (source.state === "missing") return "deleted: a redrive removes its remaining renditions";
  if (source.state === "unknown") return `unknown: ${printable(source.message)}`;
  const type = printable(source.type ?? "no type");
  return `${formatBytes(source.bytes)}, ${type}, written ${ago(Date.parse(source.modified), now)}`;
}

function fields(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

/** Deeper JSON would be indented off the screen, and could overflow the stack. */
const MAX_DEPTH = 50;

/** JSON over several lines; any other text unchanged, but printable. */
export function printableBody(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (!isDeeper(value, MAX_DEPTH)) return printableJson(value, 2);
  } catch {
    // Shown unchanged.
  }
  return printableLines(body);
}

function isDeeper(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= levels && level.length > 0; depth++) {
    level = level.flatMap((one) =>
      typeof one === "object" && one !== null ? Object.values(one) : [],
    );
  }
  return level.length > 0;
}

function nextText({ id, reason }: DeadLetter, { command }: Screen): string[] {
  const redrive = `  ${command(`dlq redrive ${id}`)}`;
  const discard = `  ${command(`dlq discard ${id}`)}`;
  return ["Next:", ...(WORTH_REDRIVING.includes(reason) ? [redrive, discard] : [discard, redrive])];
}

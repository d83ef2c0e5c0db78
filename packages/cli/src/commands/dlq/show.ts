import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { statusOf } from "@imagefleet/core/aws";
import type { Lane } from "@imagefleet/core/outcome";
import { type DeadLetter, type ReceivedMessage, readDeadLetter } from "@imagefleet/core/queue";
import { type Connection, connect } from "../../connection/connect.ts";
import { sweep } from "../../dead-letters/sweep.ts";
import { EXIT } from "../../exit-code.ts";
import { ago } from "../../terminal/ago.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import { printable, printableJson, printableLines } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many } from "../../terminal/thousands.ts";
import { formatBytes } from "../../terminal/units.ts";
import { UsageError } from "../../usage-error.ts";
import { DEAD_LETTER_ADVICE, WORTH_REDRIVING } from "./advice.ts";
import { deadLetterJson } from "./dead-letter-json.ts";
import type { DlqOptions } from "./options.ts";

/**
 * `imagefleet dlq show`: one dead letter, whole; its source as it is now; what to do.
 *
 * @throws WrongUse when no dead letter, or more than one, has an id that begins so
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
  const source = await headOf(deadLetter, connection);
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
): Promise<{ message: ReceivedMessage; deadLetter: DeadLetter }> {
  const queues = await connection.lanes();
  const found: { message: ReceivedMessage; deadLetter: DeadLetter }[] = [];
  const read = (lane: Lane) =>
    sweep(queues[lane].deadLetters, {
      leaseSeconds,
      waitSeconds: connection.consistencyDelaySeconds,
      signal,
      async take(messages) {
        for (const message of messages) {
          if (message.id.startsWith(id))
            found.push({ message, deadLetter: readDeadLetter(message, lane) });
        }
        return [];
      },
    });
  const lanes: readonly Lane[] = filter.lane ? [filter.lane] : ["small", "large"];
  await Promise.all(lanes.map(read));
  const [only, ...others] = found;
  if (only === undefined) {
    throw new UsageError(
      `there is no dead letter whose id begins with ${id}: dlq list shows the ids; one that was redriven has another`,
    );
  }
  if (others.length > 0) {
    throw new UsageError(
      `${found.length} dead letters have an id that begins with ${id}: write more`,
    );
  }
  return only;
}

type Head =
  | { state: "there"; bytes: number; type: string | null; etag: string | null; modified: string }
  | { state: "gone" }
  | { state: "unknown"; why: string };

/** The source as it is now; null when the dead letter names none. */
async function headOf({ source }: DeadLetter, { s3 }: Connection): Promise<Head | null> {
  if (source === undefined) return null;
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: source.bucket, Key: source.key }));
    return {
      state: "there",
      bytes: head.ContentLength ?? 0,
      type: head.ContentType ?? null,
      etag: head.ETag ?? null,
      modified: (head.LastModified ?? new Date(0)).toISOString(),
    };
  } catch (error) {
    if (statusOf(error) === 404) return { state: "gone" };
    return { state: "unknown", why: error instanceof Error ? error.message : String(error) };
  }
}

function deadLetterText(deadLetter: DeadLetter, source: Head | null, { paint }: Screen): string[] {
  const now = Date.now();
  const { reason, message, lane, firstAttemptAt, lastAttemptAt, receiveCount } = deadLetter;
  const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z, ${ago(ms, now)}`;
  const name = deadLetter.source
    ? `s3://${printable(deadLetter.source.bucket)}/${printable(deadLetter.source.key)}`
    : "(the message names no source)";
  return [
    `${paint("bold", name)}  ${paint("red", reason)}`,
    `  ${printable(message)}`,
    `  → ${DEAD_LETTER_ADVICE[reason]}`,
    "",
    ...fields([
      ["id", deadLetter.id],
      ["lane", lane],
      ["first tried", firstAttemptAt === undefined ? "not known" : at(firstAttemptAt)],
      ["last tried", at(lastAttemptAt)],
      ["received", receiveCount === undefined ? "not known" : many(receiveCount, "time")],
      ["redriven", many(deadLetter.redriveCount, "time")],
      ["source now", source === null ? "–" : headText(source, now)],
    ]),
  ];
}

function headText(head: Head, now: number): string {
  if (head.state === "gone")
    return "gone: a redrive removes what is left of it, a discard forgets it";
  if (head.state === "unknown") return `not known: ${printable(head.why)}`;
  const type = printable(head.type ?? "no type");
  return `${formatBytes(head.bytes)}, ${type}, written ${ago(Date.parse(head.modified), now)}`;
}

function fields(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

/** Deeper JSON is indented off the screen, and deep enough it is more than a stack holds. */
const DEEPEST = 50;

/** JSON over several lines, so that a person can read it; anything else, printable, as it is. */
export function printableBody(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    if (!isDeeper(value, DEEPEST)) return printableJson(value, 2);
  } catch {
    // It is shown as it is.
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
  const redrive = `  ${command(`dlq redrive --id ${id}`)}`;
  const discard = `  ${command(`dlq discard --id ${id}`)}`;
  return ["Next:", ...(WORTH_REDRIVING.includes(reason) ? [redrive, discard] : [discard, redrive])];
}

import type { Lane } from "@imagefleet/core/outcome";
import { type DeadLetter, type ReceivedMessage, redriveAttributes } from "@imagefleet/core/queue";
import { type Connection, connect } from "../../connection/connect.ts";
import { filterText } from "../../dead-letters/filter.ts";
import { survey, warnings } from "../../dead-letters/survey.ts";
import { deleteDeadLetters } from "../../dead-letters/walk.ts";
import { EXIT } from "../../exit-code.ts";
import { RateLimit } from "../../feed/rate-limit.ts";
import { confirm } from "../../terminal/confirm.ts";
import { onInterrupt } from "../../terminal/interrupt.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many, thousands } from "../../terminal/thousands.ts";
import { type Changed, change, missedText } from "./change.ts";
import type { DlqChangeOptions } from "./options.ts";

export interface RedriveOptions extends DlqChangeOptions {
  /** Dead letters that were redriven this many times stay in the queue. */
  readonly maxRedrives: number;
  /** Dead letters per second. */
  readonly rate: number | undefined;
}

/**
 * `imagefleet dlq redrive`: sends dead letters to their lanes again. Each is sent before it is deleted,
 * so that a crash between the two leaves a duplicate, which the fleet tolerates, and loses nothing.
 */
export async function redrive(options: RedriveOptions, screen: Screen): Promise<number> {
  using connection = await connect(options.connection);
  using interrupt = onInterrupt(() => undefined);
  const { signal } = interrupt;
  const found = await survey(connection, options.filter, { ...options, signal });
  if (signal.aborted) return EXIT.interrupted;
  const { maxRedrives } = options;
  const due = found.deadLetters.filter(({ redriveCount }) => redriveCount < maxRedrives);
  const refused = found.deadLetters.length - due.length;
  for (const warning of warnings(found)) screen.note(screen.tint("yellow", `! ${warning}`));
  const result = (changed: Changed) => {
    if (options.json) screen.json(resultJson(changed, due.length, refused, options));
    else screen.report(...resultText(changed, due, refused, options, screen));
    return refused > 0 ? EXIT.deadLetters : EXIT.done;
  };
  if (options.dryRun || due.length === 0) return result({ done: 0, missed: 0 });
  const question = `Redrive ${many(due.length, "dead letter")}${filterText(options.filter)} at ${connection.where}?`;
  if (!(await confirm(question, options.yes, screen, signal))) {
    screen.note("Nothing was redriven.");
    return signal.aborted ? EXIT.interrupted : EXIT.failed;
  }
  const changed = await redriveAll(due, connection, options, signal, screen);
  const code = result(changed);
  return signal.aborted ? EXIT.interrupted : code;
}

async function redriveAll(
  due: readonly DeadLetter[],
  connection: Connection,
  { leaseSeconds, rate }: RedriveOptions,
  signal: AbortSignal,
  screen: Screen,
): Promise<Changed> {
  const queues = await connection.lanes();
  const pace = new RateLimit(rate);
  const send = async (messages: readonly ReceivedMessage[], lane: Lane) => {
    await pace.take(messages.length, signal);
    if (signal.aborted) return [];
    const outgoing = messages.map((message) => ({
      body: message.body,
      attributes: redriveAttributes(message),
      message,
    }));
    const sent = (await queues[lane].queue.sendBatch(outgoing)).done.map(({ message }) => message);
    return deleteDeadLetters(connection, lane, sent);
  };
  // With a rate, one poller: messages that wait for their turn would outlive their lease.
  const options = {
    leaseSeconds,
    signal,
    verb: "redriven",
    ...(rate !== undefined && { pollers: 1 }),
  };
  return change(due, connection, options, screen, send);
}

function resultText(
  changed: Changed,
  due: readonly DeadLetter[],
  refused: number,
  { dryRun, maxRedrives, filter }: RedriveOptions,
  { paint, command }: Screen,
): string[] {
  const { done, missed } = changed;
  const of = filterText(filter);
  const first = dryRun
    ? `${many(due.length, "dead letter")}${of} would be redriven`
    : due.length === 0 && refused === 0
      ? `No dead letters${of}: nothing to redrive`
      : `${many(done, "dead letter")}${of} redriven`;
  const left = due.length - done - missed;
  return [
    paint("bold", first),
    ...(refused === 0
      ? []
      : [
          paint(
            "yellow",
            `${thousands(refused)} refused: already redriven ${many(maxRedrives, "time")} (--max-redrives ${maxRedrives}). Fix the cause, then add --max-redrives ${maxRedrives + 1}`,
          ),
        ]),
    ...missedText(changed),
    ...(dryRun || left === 0
      ? []
      : [`${many(left, "dead letter")} not redriven; they stay in the queue`]),
    ...(done === 0 && refused === 0 ? [] : ["", "Next:"]),
    ...(refused === 0 ? [] : [`  ${command("dlq list")}`]),
    ...(done === 0 ? [] : [`  ${command("status --watch")}`]),
  ];
}

function resultJson(
  { done, missed }: Changed,
  due: number,
  refused: number,
  { dryRun, maxRedrives }: RedriveOptions,
): unknown {
  return { version: 1, dryRun, due, redriven: done, refused, maxRedrives, missed };
}

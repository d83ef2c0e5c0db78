import type { Lane } from "@imagefleet/core/outcome";
import { type DeadLetter, type ReceivedMessage, redriveAttributes } from "@imagefleet/core/queue";
import type { Connection } from "../../connection/connect.ts";
import { filterText } from "../../dead-letters/filter.ts";
import { warnings } from "../../dead-letters/survey.ts";
import { deleteDeadLetters } from "../../dead-letters/walk.ts";
import { EXIT } from "../../exit-code.ts";
import { RateLimit } from "../../feed/rate-limit.ts";
import { present } from "../../present.ts";
import { confirm } from "../../terminal/confirm.ts";
import { many, thousands } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/screen.ts";
import { type Changed, change, missedText } from "./change.ts";
import { onSurvey } from "./on-survey.ts";
import type { DlqChangeOptions } from "./options.ts";
import { planJson, planText } from "./plan.ts";

export interface RedriveOptions extends DlqChangeOptions {
  /** Dead letters that were redriven this many times stay in the queue. */
  readonly maxRedrives: number;
  /** Dead letters per second. */
  readonly rate?: number | undefined;
}

/**
 * `imagefleet dlq redrive`: sends dead letters to their lanes again, each to the lane of the dead-letter
 * queue that it was read from. It is sent before it is deleted, so that a crash between the two leaves a
 * duplicate, which the fleet tolerates, and loses nothing.
 */
export function redrive(options: RedriveOptions, screen: Screen): Promise<number> {
  const { maxRedrives, dryRun = false } = options;
  return onSurvey(options, async (found, connection, signal) => {
    const due = found.deadLetters.filter(({ redriveCount }) => redriveCount < maxRedrives);
    const refused = found.deadLetters.length - due.length;
    for (const warning of warnings(found)) screen.warn(warning);
    const report = ({ done, missed }: Changed) => {
      const counts = { redriven: done, refused, maxRedrives, missed };
      if (options.json) screen.json({ version: 1, dryRun, ...planJson(due), ...counts });
      else screen.report(...resultText(due, counts, options, screen));
      return refused > 0 ? EXIT.deadLetters : EXIT.done;
    };
    if (dryRun || due.length === 0) return report({ done: 0, missed: 0 });
    const question = `Redrive ${many(due.length, "dead letter")}${filterText(options.filter)} at ${connection.where}?`;
    if (!(await confirm(question, options.yes, screen, signal))) {
      screen.note("Nothing was redriven.");
      return signal.aborted ? EXIT.interrupted : EXIT.failed;
    }
    const code = report(await redriveAll(due, connection, options, signal, screen));
    return signal.aborted ? EXIT.interrupted : code;
  });
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
  all: readonly DeadLetter[],
  counts: Readonly<Record<"redriven" | "refused" | "maxRedrives" | "missed", number>>,
  { dryRun, filter }: RedriveOptions,
  { paint, command }: Screen,
): string[] {
  const { redriven, refused, maxRedrives, missed } = counts;
  const due = all.length;
  const of = filterText(filter);
  const first = dryRun
    ? `${many(due, "dead letter")}${of} would be redriven`
    : due === 0 && refused === 0
      ? `No dead letters${of}: nothing to redrive`
      : `${many(redriven, "dead letter")}${of} redriven`;
  const left = due - redriven - missed;
  const why = `already redriven ${many(maxRedrives, "time")} (--max-redrives ${maxRedrives}). Fix the cause, then add --max-redrives ${maxRedrives + 1}`;
  return present(
    paint("bold", first),
    dryRun === true && due > 0 && planText(all, Date.now()),
    refused > 0 && paint("yellow", `${thousands(refused)} refused: ${why}`),
    missedText({ missed }),
    !dryRun && left > 0 && `${many(left, "dead letter")} not redriven; they stay in the queue`,
    (redriven > 0 || refused > 0) && ["", "Next:"],
    refused > 0 && `  ${command("dlq list")}`,
    redriven > 0 && `  ${command("status --watch")}`,
  );
}

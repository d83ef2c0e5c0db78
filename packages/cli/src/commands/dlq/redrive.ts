import { LANES, type Lane } from "@imagefleet/core/outcome";
import { type DeadLetter, type ReceivedMessage, redriveAttributes } from "@imagefleet/core/queue";
import type { Connection } from "../../connection/connect.ts";
import { filterText } from "../../dead-letters/filter.ts";
import { warnings } from "../../dead-letters/survey.ts";
import { deleteDeadLetters } from "../../dead-letters/walk.ts";
import { EXIT } from "../../exit-code.ts";
import { RateLimit } from "../../feed/rate-limit.ts";
import { present } from "../../present.ts";
import { readRecipe } from "../../recipe/read.ts";
import { confirm } from "../../terminal/confirm.ts";
import { many, thousands } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/screen.ts";
import { type Changed, change, missedText } from "./change.ts";
import { Follow, type Settled, settledText } from "./follow.ts";
import { onSurvey } from "./on-survey.ts";
import type { DlqChangeOptions } from "./options.ts";
import { planJson, planText } from "./plan.ts";

export interface RedriveOptions extends DlqChangeOptions {
  /** Dead letters that were redriven this many times stay in the queue. */
  readonly maxRedrives: number;
  /** Dead letters per second. */
  readonly rate?: number | undefined;
  /** Follow the sources until each has settled. */
  readonly wait?: boolean | undefined;
  /** The recipe of the fleet, which decides where manifests are. */
  readonly recipe: string;
}

/**
 * `imagefleet dlq redrive`: sends dead letters to their lanes again, each to the lane of the dead-letter
 * queue that it was read from. It is sent before it is deleted, so that a crash between the two leaves a
 * duplicate, which the fleet tolerates, and loses nothing.
 */
export async function redrive(options: RedriveOptions, screen: Screen): Promise<number> {
  const { maxRedrives, dryRun = false, leaseSeconds } = options;
  const recipe = options.wait && !dryRun ? await readRecipe(options.recipe) : undefined;
  // A job may be forwarded to the other lane, and become a dead letter there.
  const read = recipe === undefined ? options : { ...options, lanes: LANES };
  return onSurvey(read, async (found, connection, signal) => {
    const due = found.deadLetters.filter(({ redriveCount }) => redriveCount < maxRedrives);
    const refused = found.deadLetters.length - due.length;
    for (const warning of warnings(found)) screen.warn(warning);
    const report = ({ done, missed }: Changed, settled?: Settled) => {
      const counts = { redriven: done, refused, maxRedrives, missed };
      const wait = settled ?? null;
      if (options.json) screen.json({ version: 1, dryRun, ...planJson(due), ...counts, wait });
      else screen.report(...resultText(due, { ...counts, settled }, options, screen));
      return refused > 0 || (settled?.failedAgain.length ?? 0) > 0 ? EXIT.deadLetters : EXIT.done;
    };
    if (dryRun || due.length === 0) return report({ done: 0, missed: 0 });
    const follow =
      recipe &&
      new Follow(
        connection,
        recipe,
        await connection.bucket("renditionBucket"),
        found,
        leaseSeconds,
      );
    const question = `Redrive ${many(due.length, "dead letter")}${filterText(options.filter)} at ${connection.where}?`;
    if (!(await confirm(question, options.yes, screen, signal))) {
      screen.note("Nothing was redriven.");
      return signal.aborted ? EXIT.interrupted : EXIT.failed;
    }
    const changed = await redriveAll(due, connection, follow, options, signal, screen);
    const settled = await follow?.untilSettled(signal, screen);
    const code = report(changed, settled);
    if (signal.aborted) return EXIT.interrupted;
    if (!settled?.error) return code;
    screen.warn(`The wait ended early, as it failed repeatedly: ${settled.error}`);
    return EXIT.failed;
  });
}

async function redriveAll(
  due: readonly DeadLetter[],
  connection: Connection,
  follow: Follow | undefined,
  { leaseSeconds, rate }: RedriveOptions,
  signal: AbortSignal,
  screen: Screen,
): Promise<Changed> {
  const queues = await connection.lanes();
  const byId = new Map(due.map((deadLetter) => [deadLetter.id, deadLetter]));
  const deadLettersOf = (messages: readonly ReceivedMessage[]) =>
    messages.flatMap(({ id }) => byId.get(id) ?? []);
  const pace = new RateLimit(rate);
  const send = async (messages: readonly ReceivedMessage[], lane: Lane) => {
    await pace.take(messages.length, signal);
    if (signal.aborted) return [];
    await follow?.before(deadLettersOf(messages));
    const outgoing = messages.map((message) => ({
      body: message.body,
      attributes: redriveAttributes(message),
      message,
    }));
    const sent = (await queues[lane].queue.sendBatch(outgoing)).done.map(({ message }) => message);
    const deleted = await deleteDeadLetters(connection, lane, sent);
    follow?.add(deadLettersOf(deleted));
    return deleted;
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
  counts: Readonly<Record<"redriven" | "refused" | "maxRedrives" | "missed", number>> & {
    readonly settled: Settled | undefined;
  },
  { dryRun, filter }: RedriveOptions,
  { paint, command }: Screen,
): string[] {
  const { redriven, refused, maxRedrives, missed, settled } = counts;
  const due = all.length;
  const of = filterText(filter);
  const first = dryRun
    ? `${many(due, "dead letter")}${of} would be redriven`
    : due === 0 && refused === 0
      ? `No dead letters${of}: nothing to redrive`
      : `${many(redriven, "dead letter")}${of} redriven${settled && redriven > 0 ? `: ${settledText(settled)}` : ""}`;
  const failedAgain = settled !== undefined && settled.failedAgain.length > 0;
  const isOpen = settled === undefined ? redriven > 0 : settled.left > 0;
  const left = due - redriven - missed;
  const why = `already redriven ${many(maxRedrives, "time")} (--max-redrives ${maxRedrives}). Fix the cause, then add --max-redrives ${maxRedrives + 1}`;
  return present(
    paint("bold", first),
    dryRun === true && due > 0 && planText(all, Date.now()),
    refused > 0 && paint("yellow", `${thousands(refused)} refused: ${why}`),
    missedText({ missed }),
    !dryRun && left > 0 && `${many(left, "dead letter")} not redriven; they stay in the queue`,
    (isOpen || refused > 0 || failedAgain) && ["", "Next:"],
    refused > 0 && `  ${command("dlq list")}`,
    failedAgain && `  ${command("dlq summary")}`,
    isOpen && `  ${command("status --watch")}`,
  );
}

import type { Lane } from "@imagefleet/core/outcome";
import type { DeadLetter } from "@imagefleet/core/queue";
import { groupBy } from "../../dead-letters/tally.ts";
import { present } from "../../present.ts";
import { formatMs, many, thousands } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/screen.ts";

/** The result of feeding the queues; times in s. */
export interface Fed {
  /** Acknowledged by SQS in this run. */
  readonly sent: number;
  readonly sentBefore: number;
  /** How many of both were sent twice: an interrupted run had sent them and not recorded it. */
  readonly again: number;
  /** Up to date, and so not sent. */
  readonly skipped: number;
  /** Refused by SQS for good. */
  readonly refused: number;
  readonly lanes: Readonly<Record<Lane, number>>;
  /** Until the last was sent. */
  readonly seconds: number;
}

/** The result of `--wait`. */
export interface Drained {
  /** The dead letters of this run's jobs, and of the runs that it resumes. */
  readonly deadLetters: readonly DeadLetter[];
  /** Until the lanes were empty. */
  readonly drainedSeconds: number;
}

export interface RunResult extends Fed, Partial<Drained> {
  readonly interrupted: boolean;
  /** With `--wait` and a check of manifests: the sources that are still stale, without dead letters. */
  readonly stillStale?: number;
}

export function outcomeText(
  result: RunResult,
  { checkpoint, wait }: { checkpoint: string; wait?: boolean | undefined },
  { paint, command }: Screen,
): string[] {
  const { sent, sentBefore, again, skipped, seconds, interrupted, deadLetters } = result;
  const { drainedSeconds, stillStale = 0 } = result;
  const rate = seconds > 0 ? `, ${thousands(Math.round(sent / seconds))}/s` : "";
  const before = sentBefore > 0 ? `, after ${thousands(sentBefore)} in earlier runs` : "";
  const twice = again > 0 ? `; ${thousands(again)} of them were sent twice` : "";
  const left = skipped > 0 ? `; ${thousands(skipped)} are up to date` : "";
  const first = `${many(sent, "source")} enqueued in ${formatMs(seconds * 1000)}${rate}${before}${twice}${left}`;
  if (interrupted && deadLetters === undefined) {
    return [
      paint(["bold", "yellow"], `Interrupted: ${first}`),
      `checkpoint  ${checkpoint}`,
      "",
      "Next:",
      `  ${command(`reprocess --resume${wait ? " --wait" : ""}`)}`,
    ];
  }
  if (deadLetters === undefined) {
    return [paint("bold", first), "", "Next:", `  ${command("status --watch")}`];
  }
  const sources = sentBefore + sent - again;
  const done = sources - deadLetters.length;
  const handled = stillStale > 0 ? "processed" : "done";
  const end = interrupted ? "so far" : `${handled} in ${formatMs((drainedSeconds ?? 0) * 1000)}`;
  const stale = `${thousands(stillStale)} of ${thousands(Math.max(sources, stillStale))} sources are still stale: the fleet may run another recipe. Deploy recipe.ts, then run reprocess again`;
  const byReason = groupBy(deadLetters, ({ reason }) => reason);
  return present(
    paint("bold", first),
    deadLetters.length === 0
      ? paint(stillStale > 0 ? "bold" : "green", `All ${end}, no dead letters.`)
      : `${thousands(Math.max(0, done))} ${end}, ${paint("red", many(deadLetters.length, "dead letter"))}:`,
    byReason.map(({ name, deadLetters: number }) => `  ${thousands(number)}  ${name}`),
    stillStale > 0 && paint("red", stale),
    deadLetters.length > 0 && ["", "Next:", `  ${command("dlq")}`],
  );
}

export function resultJson({ deadLetters, ...result }: RunResult): unknown {
  const byReason = groupBy(deadLetters ?? [], ({ reason }) => reason);
  const counts = Object.fromEntries(byReason.map((group) => [group.name, group.deadLetters]));
  return {
    version: 1,
    ...result,
    drainedSeconds: result.drainedSeconds ?? null,
    stillStale: result.stillStale ?? null,
    deadLetters: deadLetters === undefined ? null : counts,
  };
}

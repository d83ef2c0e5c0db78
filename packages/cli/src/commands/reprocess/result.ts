import type { Lane } from "@imagefleet/core/outcome";
import type { DeadLetter } from "@imagefleet/core/queue";
import { groupBy } from "../../dead-letters/tally.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many, thousands } from "../../terminal/thousands.ts";
import { formatMs } from "../../terminal/units.ts";

/** What a run came to; times in s. */
export interface RunResult {
  /** Acknowledged by SQS in this run. */
  readonly sent: number;
  readonly sentBefore: number;
  /** Of both together: those that an interrupted run had sent beyond what it could record. */
  readonly again: number;
  /** Up to date, and so left out. */
  readonly skipped: number;
  /** SQS takes them never. */
  readonly refused: number;
  readonly lanes: Readonly<Record<Lane, number>>;
  /** Until the last was sent. */
  readonly seconds: number;
  readonly interrupted: boolean;
  /** With `--wait`: those of this run's own jobs, and of the runs that it goes on from. */
  readonly deadLetters?: readonly DeadLetter[];
  /** With `--wait`: until the lanes were empty. */
  readonly drainedSeconds?: number;
  /** With `--wait`, of a run by manifests: those that are not up to date after it, dead ones aside. */
  readonly stillStale?: number;
}

export function outcomeText(
  result: RunResult,
  { checkpoint, wait }: { checkpoint: string; wait: boolean },
  { paint, command }: Screen,
): string[] {
  const { sent, sentBefore, again, skipped, seconds, interrupted, deadLetters } = result;
  const { drainedSeconds, stillStale = 0 } = result;
  const rate = seconds > 0 ? `, ${thousands(Math.round(sent / seconds))}/s` : "";
  const before = sentBefore > 0 ? `, after ${thousands(sentBefore)} before` : "";
  const twice = again > 0 ? `; ${thousands(again)} of them again` : "";
  const left = skipped > 0 ? `; ${thousands(skipped)} are up to date` : "";
  const first = `${many(sent, "source")} enqueued in ${formatMs(seconds * 1000)}${rate}${before}${twice}${left}`;
  if (interrupted && deadLetters === undefined) {
    return [
      paint(["bold", "yellow"], `Interrupted: ${first}`),
      `recorded  ${checkpoint}`,
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
  const dealt = stillStale > 0 ? "dealt with" : "done";
  const end = interrupted ? "so far" : `${dealt} in ${formatMs((drainedSeconds ?? 0) * 1000)}`;
  return [
    paint("bold", first),
    deadLetters.length === 0
      ? paint(stillStale > 0 ? "bold" : "green", `All ${end}, no dead letters.`)
      : `${thousands(Math.max(0, done))} ${end}, ${paint("red", many(deadLetters.length, "dead letter"))}:`,
    ...groupBy(deadLetters, ({ reason }) => reason).map(
      ({ name, deadLetters: number }) => `  ${thousands(number)}  ${name}`,
    ),
    ...(stillStale === 0
      ? []
      : [
          paint(
            "red",
            `${thousands(stillStale)} of ${thousands(Math.max(sources, stillStale))} are still not of this recipe: does the fleet run it? Deploy recipe.ts first`,
          ),
        ]),
    ...(deadLetters.length === 0 ? [] : ["", "Next:", `  ${command("dlq")}`]),
  ];
}

export function resultJson({ deadLetters, ...result }: RunResult): unknown {
  return {
    version: 1,
    ...result,
    drainedSeconds: result.drainedSeconds ?? null,
    stillStale: result.stillStale ?? null,
    deadLetters:
      deadLetters === undefined
        ? null
        : Object.fromEntries(
            groupBy(deadLetters, ({ reason }) => reason).map(({ name, deadLetters: n }) => [
              name,
              n,
            ]),
          ),
  };
}

import type { Lane } from "@imagefleet/core/outcome";
import type { Letter } from "@imagefleet/core/queue";
import { groupBy } from "../dlq/tally.ts";
import type { Screen } from "../view/screen.ts";
import { many, thousands } from "../view/thousands.ts";
import { formatMs } from "../view/units.ts";

/** What a run came to; times in s. */
export interface RunResult {
  /** Acknowledged by SQS in this run. */
  readonly sent: number;
  readonly sentBefore: number;
  /** Up to date, and so left out. */
  readonly skipped: number;
  /** SQS takes them never. */
  readonly refused: number;
  readonly lanes: Readonly<Record<Lane, number>>;
  /** Until the last was sent. */
  readonly seconds: number;
  readonly interrupted: boolean;
  /** With `--wait`: those of this run's own jobs, and of the runs that it goes on from. */
  readonly letters?: readonly Letter[];
  /** With `--wait`: until the lanes were empty. */
  readonly drainedSeconds?: number;
}

export function outcomeText(
  result: RunResult,
  checkpoint: string,
  { paint, command }: Screen,
): string[] {
  const { sent, sentBefore, skipped, seconds, interrupted, letters, drainedSeconds } = result;
  const rate = seconds > 0 ? `, ${thousands(Math.round(sent / seconds))}/s` : "";
  const before = sentBefore > 0 ? `, after ${thousands(sentBefore)} before` : "";
  const left = skipped > 0 ? `; ${thousands(skipped)} are up to date` : "";
  const first = `${many(sent, "source")} enqueued in ${formatMs(seconds * 1000)}${rate}${before}${left}`;
  if (interrupted && letters === undefined) {
    return [
      paint(["bold", "yellow"], `Interrupted: ${first}`),
      `recorded  ${checkpoint}`,
      "",
      "Next:",
      `  ${command("reprocess --resume")}`,
    ];
  }
  if (letters === undefined) {
    return [paint("bold", first), "", "Next:", `  ${command("status --watch")}`];
  }
  const done = sentBefore + sent - letters.length;
  const end = interrupted ? "so far" : `done in ${formatMs((drainedSeconds ?? 0) * 1000)}`;
  return [
    paint("bold", first),
    letters.length === 0
      ? paint("green", `All ${end}, no dead letters.`)
      : `${thousands(Math.max(0, done))} ${end}, ${paint("red", many(letters.length, "dead letter"))}:`,
    ...groupBy(letters, ({ reason }) => reason).map(
      ({ name, letters: number }) => `  ${thousands(number)}  ${name}`,
    ),
    ...(letters.length === 0 ? [] : ["", "Next:", `  ${command("dlq")}`]),
  ];
}

export function resultJson({ letters, ...result }: RunResult): unknown {
  return {
    version: 1,
    ...result,
    drainedSeconds: result.drainedSeconds ?? null,
    deadLetters:
      letters === undefined
        ? null
        : Object.fromEntries(
            groupBy(letters, ({ reason }) => reason).map(({ name, letters: n }) => [name, n]),
          ),
  };
}

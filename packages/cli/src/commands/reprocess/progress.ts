import type { Feeder } from "../../feed/feeder.ts";
import { lasting, many, thousands } from "../../terminal/format.ts";
import type { Screen } from "../../terminal/screen.ts";

/** The progress of a run; rates in sources/s. */
export interface RunProgress {
  readonly handled: number;
  readonly total: number;
  readonly perSecond: number;
  readonly depth: Feeder["depth"];
  /** New dead letters since the start, of any jobs. */
  readonly deadLetters: number;
  /** `$0.12 so far` */
  readonly cost: string;
}

const BAR = 28;

export function progressLines(
  progress: RunProgress,
  live: boolean,
  tint: Screen["tint"],
): string[] {
  const { handled, total, perSecond, depth: lanes, deadLetters, cost } = progress;
  const left = Math.max(0, total - handled);
  const eta = perSecond > 0 && left > 0 ? `about ${lasting(left / perSecond)} left` : "";
  const far = `${thousands(handled)} of ${thousands(total)}`;
  const depth = Number.isFinite(lanes.max)
    ? `${thousands(lanes.there)} ${lanes.what} (${thousands(lanes.max)} at most)`
    : "no limit on waiting messages";
  const dead = deadLetters > 0 ? many(deadLetters, "new dead letter") : "";
  if (!live)
    return [[far, `${perSecond.toFixed(0)}/s`, eta, cost, depth, dead].filter(Boolean).join(", ")];
  const filled = total === 0 ? BAR : Math.min(BAR, Math.round((handled / total) * BAR));
  const bar = tint("green", "█".repeat(filled)) + tint("dim", "░".repeat(BAR - filled));
  return [
    `${bar}  ${far}   ${perSecond.toFixed(0)}/s   ${eta}`,
    tint("dim", `${depth}, ${cost}`) + (dead === "" ? "" : `  ${tint("yellow", dead)}`),
  ];
}

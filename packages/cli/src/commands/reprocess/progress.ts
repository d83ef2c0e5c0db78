import type { Feeder } from "../../feed/feeder.ts";
import { lasting } from "../../terminal/ago.ts";
import type { Screen } from "../../terminal/screen.ts";
import { many, thousands } from "../../terminal/thousands.ts";

/** How far a run is; rates in sources/s. */
export interface RunProgress {
  readonly dealt: number;
  readonly total: number;
  readonly perSecond: number;
  readonly depth: Feeder["depth"];
  /** Dead letters more than at the start, of whoever's jobs. */
  readonly deadLetters: number;
}

const BAR = 28;

export function progressLines(
  progress: RunProgress,
  live: boolean,
  tint: Screen["tint"],
): string[] {
  const { dealt, total, perSecond, depth: lanes, deadLetters } = progress;
  const left = Math.max(0, total - dealt);
  const eta = perSecond > 0 && left > 0 ? `about ${lasting(left / perSecond)} left` : "";
  const far = `${thousands(dealt)} of ${thousands(total)}`;
  const depth = Number.isFinite(lanes.max)
    ? `${thousands(lanes.there)} ${lanes.what} (${thousands(lanes.max)} at most)`
    : "no limit to what waits";
  const dead = deadLetters > 0 ? `${many(deadLetters, "dead letter")} more than at the start` : "";
  if (!live)
    return [[far, `${perSecond.toFixed(0)}/s`, eta, depth, dead].filter(Boolean).join(", ")];
  const filled = total === 0 ? BAR : Math.min(BAR, Math.round((dealt / total) * BAR));
  const bar = tint("green", "█".repeat(filled)) + tint("dim", "░".repeat(BAR - filled));
  return [
    `${bar}  ${far}   ${perSecond.toFixed(0)}/s   ${eta}`,
    tint("dim", depth) + (dead === "" ? "" : `  ${tint("yellow", dead)}`),
  ];
}

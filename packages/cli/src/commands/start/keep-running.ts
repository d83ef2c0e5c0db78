import { once } from "node:events";
import type { Fleet, JobReport } from "@imagefleet/local/fleet";
import pLimit from "p-limit";
import { printable, shorten } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import { formatBytes, formatMs } from "../../terminal/units.ts";
import type { CopyOut } from "./copy-out.ts";

/** Stays up until the signal, telling of each job that comes. */
export async function keepRunning(
  fleet: Fleet,
  copyOut: CopyOut | undefined,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  screen.report("", "Up. Upload, overwrite or delete with any S3 client:");
  screen.verbatim(...uploadHint(fleet, screen));
  screen.report("", "Ctrl-C to stop", "");
  // One after the other: of two jobs of one source, the later is what the folder shows.
  const inTurn = pLimit(1);
  fleet.onJob((report) => {
    if (signal.aborted) return;
    screen.report(jobText(report, screen));
    if (copyOut && report.outcome !== "forwarded" && report.outcome !== "failed") {
      void inTurn(() => copyOut.copy(report.key, report.outcome)).catch((error: unknown) => {
        screen.note(`! ${printable(report.key)} could not be copied to ${copyOut.dir}: ${error}`);
      });
    }
  });
  if (!signal.aborted) await once(signal, "abort");
  await inTurn(() => Promise.resolve());
}

/** Short lines, for a person to copy: one that a narrow terminal breaks is no command any more. */
function uploadHint({ sourceBucket }: Fleet, screen: Screen): string[] {
  return [`  eval "$(${screen.command("env")})"`, `  aws s3 cp photo.jpg s3://${sourceBucket}/`];
}

const STYLES = { rendered: "green", rejected: "red", failed: "red" } as const;

/** What stands beside a key in a line of the log, columns. */
const BESIDE = 40;
const SHORTEST_KEY = 18;

export function jobText(
  report: JobReport,
  { paint, width }: Pick<Screen, "paint" | "width">,
): string {
  const { key, lane, outcome, reason, message, ms, bytesOut } = report;
  const name = shorten(printable(key), Math.max(SHORTEST_KEY, width - BESIDE), "middle");
  const style =
    outcome === "rendered" || outcome === "rejected" || outcome === "failed"
      ? STYLES[outcome]
      : "dim";
  const details = [
    ...(reason === undefined ? [] : [`${reason}: ${printable(message ?? "")}`]),
    ...(bytesOut > 0 ? [`${formatBytes(bytesOut)} of renditions`] : []),
    `${lane} lane`,
    formatMs(ms),
  ];
  return `${paint(style, outcome)}  ${name}  ${details.join(", ")}`;
}

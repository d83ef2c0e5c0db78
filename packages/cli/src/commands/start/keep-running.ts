import { once } from "node:events";
import type { Fleet, JobReport } from "@imagefleet/local/fleet";
import pLimit from "p-limit";
import { formatBytes, formatMs } from "../../terminal/format.ts";
import { printable, shorten } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import type { CopyOut } from "./copy-out.ts";

/** Runs until the signal, and reports each job. */
export async function keepRunning(
  fleet: Fleet,
  copyOut: CopyOut | undefined,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  screen.report("", "The fleet is running. Upload, overwrite or delete with any S3 client:");
  screen.verbatim(...uploadHint(fleet, screen));
  screen.report("", "Press Ctrl-C to stop.", "");
  // In order: of two jobs for one source, the later one determines the files.
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

/** Short lines, because a command that a terminal wraps cannot be copied. */
function uploadHint({ sourceBucket }: Fleet, screen: Screen): string[] {
  return [`  eval "$(${screen.command("env")})"`, `  aws s3 cp photo.jpg s3://${sourceBucket}/`];
}

const STYLES = { rendered: "green", rejected: "red", failed: "red" } as const;

/** The columns of a log line that the key does not take. */
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

import type { Report } from "./report.ts";

/** The report as text. */
export function view(report: Report): string {
  const { afterRedrive: after, viewers } = report;
  const rows: readonly (readonly [string, string])[] = [
    [
      "jobs",
      `${report.jobs} on ${report.sources} sources in ${report.seconds} s, seed ${report.seed}`,
    ],
    ["messages", counts(report.messages)],
    ["calls", `${report.calls}; ${counts(report.injected)}`],
    ["killed, paused", counts(report.kills)],
    ["outcomes", counts(report.outcomes)],
    ["ended at receive", counts(report.receives)],
    [
      "viewers",
      `${viewers.requests} requests; ${counts(viewers.statuses)}, cut ${viewers.cut}; ${counts(viewers.results)}`,
    ],
    [
      "",
      `made ${viewers.made}, substitutes ${viewers.substitutes}, slowest ${viewers.slowestMs} ms`,
    ],
    ["dead letters", counts(report.deadLetters)],
    ["", ""],
    ["lost", `${report.lost}`],
    ["stale", `${report.stale}`],
    ["orphans", `${report.orphans}`],
    ["outdated answers", `${viewers.outdated}`],
    ["unavailable", `${viewers.unavailable}`],
    ["unjust dead letters", `${report.unjust}`],
    ["unexplained", `${report.unexplained}`],
    ["forbidden calls", `${report.forbidden.length}`],
    ["owed by a letter", `${report.owed}`],
    [
      "after redrive",
      `${after.redriven} redriven: lost ${after.lost}, stale ${after.stale}, orphans ${after.orphans}, still owed ${after.owed}`,
    ],
  ];
  const lines = rows.map(([name, text]) => `${name.padEnd(18)}${text}`.trimEnd());
  const violations = report.violations.map(({ kind, key, why }) => `  ${kind} ${key}: ${why}`);
  const wrong = viewers.violations.map(({ kind, key, why }) => `  ${kind} ${key}: ${why}`);
  const forbidden = report.forbidden.map((call) => `  forbidden ${call}`);
  const end = report.met
    ? "Nothing lost, nothing stale, nothing outdated, nothing left behind."
    : report.quiet
      ? "NOT MET"
      : "NOT MET: messages were left that nobody ended";
  return [...lines, ...violations, ...wrong, ...forbidden, "", end, ""].join("\n");
}

function counts(record: Readonly<Record<string, number>>): string {
  const parts = Object.entries(record).filter(([, count]) => count > 0);
  return parts.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}

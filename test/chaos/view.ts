import type { Report } from "./report.ts";

/** The report as text. */
export function view(report: Report): string {
  const { afterRedrive: after, viewers, catalog } = report;
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
    [
      "catalog",
      `${catalog.items} items, read ${catalog.reads} times; ${catalog.notifications} notifications, repeated ${catalog.repeated}; events ${catalog.events}, duplicates ${catalog.duplicates}, late ${catalog.late}`,
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
    ["items that differ", `${catalog.differs}`],
    ["without a manifest", `${catalog.unmatched}`],
    ["seq back", `${catalog.seqBack}`],
    ["untold", `${catalog.untold}`],
    ["contradictions", `${catalog.contradicts}`],
    ["owed by a letter", `${report.owed}, items ${catalog.owed}`],
    [
      "after redrive",
      `${after.redriven} redriven: lost ${after.lost}, stale ${after.stale}, orphans ${after.orphans}, still owed ${after.owed}`,
    ],
    [
      "",
      `catalog ${catalog.afterRedrive.redriven} redriven: differ ${catalog.afterRedrive.differs}, without a manifest ${catalog.afterRedrive.unmatched}, untold ${catalog.afterRedrive.untold}, contradictions ${catalog.afterRedrive.contradicts}`,
    ],
  ];
  const lines = rows.map(([name, text]) => `${name.padEnd(20)}${text}`.trimEnd());
  const violations = report.violations.map(({ kind, key, why }) => `  ${kind} ${key}: ${why}`);
  const wrong = viewers.violations.map(({ kind, key, why }) => `  ${kind} ${key}: ${why}`);
  const items = catalog.violations.map(({ kind, key, why }) => `  ${kind} ${key}: ${why}`);
  const forbidden = report.forbidden.map((call) => `  forbidden ${call}`);
  const end = report.met
    ? "Nothing lost, nothing stale, nothing outdated, nothing untold, nothing left behind."
    : report.quiet
      ? "NOT MET"
      : "NOT MET: messages were left that nobody ended";
  return [...lines, ...violations, ...wrong, ...items, ...forbidden, "", end, ""].join("\n");
}

function counts(record: Readonly<Record<string, number>>): string {
  const parts = Object.entries(record).filter(([, count]) => count > 0);
  return parts.map(([name, count]) => `${name} ${count}`).join(", ") || "none";
}

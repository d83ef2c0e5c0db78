import { PRICES } from "@imagefleet/core/prices";
import { present } from "../../present.ts";
import { formatMs, many, thousands, usd } from "../../terminal/format.ts";
import { printable } from "../../terminal/printable.ts";
import type { Screen } from "../../terminal/screen.ts";
import {
  type AuditTotals,
  FINDING_KINDS,
  type Finding,
  type FindingKind,
  INCOMPLETE,
  isComplete,
} from "./finding.ts";

const STYLES = {
  unrendered: "red",
  stale: "yellow",
  missing: "red",
  unlisted: "yellow",
  orphan: "magenta",
  rejected: "dim",
  tombstone: "dim",
  foreign: "dim",
} as const;

const WIDEST = 10;

export function findingText(finding: Finding, paint: Screen["paint"]): string {
  const kind = paint(STYLES[finding.kind], finding.kind.padEnd(WIDEST));
  return `${kind}  ${printable(finding.key)}${detail(finding)}`;
}

function detail(finding: Finding): string {
  switch (finding.kind) {
    case "stale":
    case "foreign":
      return `: ${printable(finding.why)}`;
    case "missing":
    case "unlisted":
      return `: ${finding.renditions.map(printable).join(", ")}`;
    case "rejected":
      return `: ${finding.reason}`;
    case "orphan":
      return finding.source === null
        ? ": no preset of the recipe writes it any more"
        : `: its source ${printable(finding.source)} is deleted`;
    case "unrendered":
    case "tombstone":
      return "";
  }
}

const MEANINGS: Readonly<Record<FindingKind, string>> = {
  unrendered: "sources without a manifest",
  stale: "sources whose manifest is of an earlier content or another recipe",
  missing: "sources without one or more renditions",
  unlisted: "sources with renditions that their manifest does not list, or of another content",
  orphan: "objects of this fleet whose source is deleted",
  rejected: "sources that cannot be rendered",
  tombstone: "tombstones of deleted sources that are no longer needed",
  foreign: "objects that this fleet did not write",
};

export function reportText(
  totals: AuditTotals,
  left: number,
  ms: number,
  where: string,
  repairs: boolean,
  { paint, command }: Pick<Screen, "paint" | "command">,
): string[] {
  const { objects, requests } = totals;
  const done = isComplete(totals);
  return present(
    left > 0 && paint("dim", `… and ${thousands(left)} more: set --limit, or --json for all`),
    "",
    paint(["bold", done ? "green" : "red"], `${headline(totals)}, at ${where}`),
    countLines(totals).map(({ kind, count, meaning }) => {
      const text = `${thousands(count).padStart(9)}  ${kind.padEnd(WIDEST)}  ${meaning}`;
      return INCOMPLETE.includes(kind) ? text : paint("dim", text);
    }),
    paint(
      "dim",
      `${thousands(objects)} objects listed in ${formatMs(ms)}, with ${thousands(requests.lists)} list and ${thousands(requests.gets)} read requests (${usd(requestsUsd(requests))} on AWS)`,
    ),
    !done && !repairs && ["", "Next:", `  ${command("audit --repair")}`],
  );
}

/** Sources can be complete while orphaned objects remain. */
function headline(totals: AuditTotals): string {
  const { sources, complete, findings } = totals;
  const share = sources === 0 ? 100 : Math.floor((complete / sources) * 10_000) / 100;
  const counted = `${thousands(complete)} of ${many(sources, "source")}, ${share} %`;
  if (isComplete(totals)) return `Complete: ${counted}`;
  if (complete < sources) return `Incomplete: ${counted}`;
  return `Sources complete: ${counted}; ${many(findings.orphan, "orphaned object")}`;
}

interface CountLine {
  readonly kind: FindingKind;
  readonly count: number;
  readonly meaning: string;
}

function countLines({ findings, unwritten }: AuditTotals): CountLine[] {
  return FINDING_KINDS.flatMap((kind): CountLine[] => {
    if (kind !== "orphan") return [{ kind, count: findings[kind], meaning: MEANINGS[kind] }];
    return [
      { kind, count: findings.orphan - unwritten, meaning: MEANINGS.orphan },
      { kind, count: unwritten, meaning: "objects of this fleet that no preset writes any more" },
    ];
  }).filter(({ count }) => count > 0);
}

export function summaryJson(totals: AuditTotals, ms: number, repaired: boolean): unknown {
  const { requests, ...rest } = totals;
  return {
    version: 1,
    kind: "summary",
    isComplete: isComplete(totals),
    ...rest,
    requests: { ...requests, usd: requestsUsd(requests) },
    seconds: Math.round(ms) / 1000,
    repaired,
  };
}

function requestsUsd({ lists, gets }: AuditTotals["requests"]): number {
  return lists * PRICES.s3.write + gets * PRICES.s3.read;
}

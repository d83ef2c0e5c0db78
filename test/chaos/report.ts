import type { FaultKind } from "@imagefleet/local/fault-proxy";
import type { CatalogReport } from "./catalog/index.ts";
import type { Verdict, Violation } from "./snapshot/index.ts";
import type { ViewersReport } from "./viewers/index.ts";

/** The number of violations of each kind. */
export interface Counts {
  readonly lost: number;
  readonly stale: number;
  readonly orphans: number;
  readonly unjust: number;
  readonly unexplained: number;
}

/** The figures of one run: the fields of `--json`. */
export interface Report extends Counts {
  readonly seed: number;
  /** The number of completed operations on sources. */
  readonly jobs: number;
  readonly sources: number;
  /** From the first upload to the end of the last message. */
  readonly seconds: number;
  /** Whether the queues were empty in the end. */
  readonly quiet: boolean;
  /** Dead letters by reason, before the redrive; SQS itself moved `Crashed` ones. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Calls that docs/permissions.md does not list, which AWS would reject. */
  readonly forbidden: readonly string[];
  /** Sources that are only in such dead letters. */
  readonly owed: number;
  readonly messages: Readonly<Record<"events" | "duplicates" | "late" | "nonsense", number>>;
  /** The programs' calls and their faults. */
  readonly calls: number;
  readonly injected: Readonly<Record<FaultKind, number>>;
  readonly kills: Readonly<
    Record<"functions" | "workers" | "paused" | "deliver" | "catalog", number>
  >;
  /** Jobs by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Jobs by the receive count of their message at their end. */
  readonly receives: Readonly<Record<string, number>>;
  /** What viewers were answered, until the queues were empty. */
  readonly viewers: ViewersReport;
  /** Whether the table and the notifications follow the manifests. */
  readonly catalog: CatalogReport;
  /** After the redrive of the owed dead letters without faults. */
  readonly afterRedrive: Counts & { readonly redriven: number; readonly owed: number };
  /** The first fifty violations. */
  readonly violations: readonly Violation[];
  /** No violation before or after the redrive, no wrong answer or item, no forbidden call, and empty queues. */
  readonly met: boolean;
}

const MAX_VIOLATIONS = 50;

function countsOf({ violations }: Verdict): Counts {
  const count = (kind: Violation["kind"]) =>
    violations.filter((wrong) => wrong.kind === kind).length;
  return {
    lost: count("lost"),
    stale: count("stale"),
    orphans: count("orphan"),
    unjust: count("unjust"),
    unexplained: count("unexplained"),
  };
}

/** Builds the report from the measured figures and the two verdicts. */
export function reportOf(
  measured: Omit<Report, keyof Counts | "afterRedrive" | "owed" | "violations" | "met">,
  before: Verdict,
  after: Verdict & { readonly redriven: number },
): Report {
  const violations = [...before.violations, ...after.violations, ...after.owed];
  return {
    ...measured,
    ...countsOf(before),
    owed: before.owed.length,
    afterRedrive: { ...countsOf(after), redriven: after.redriven, owed: after.owed.length },
    violations: violations.slice(0, MAX_VIOLATIONS),
    met:
      measured.quiet &&
      violations.length === 0 &&
      measured.forbidden.length === 0 &&
      measured.catalog.violations.length === 0 &&
      measured.viewers.outdated + measured.viewers.unavailable === 0,
  };
}

/** How often each name occurs, in the order of the names. */
export function tally(names: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

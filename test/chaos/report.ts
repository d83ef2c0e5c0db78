import type { FaultKind } from "@imagefleet/local/fault-proxy";
import type { Verdict, Wrong } from "./snapshot/index.ts";

/** How many of each kind of wrong. */
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
  /** Operations on sources that were done. */
  readonly jobs: number;
  readonly sources: number;
  /** From the first upload to the last message's end. */
  readonly seconds: number;
  /** Whether the queues were empty in the end. */
  readonly quiet: boolean;
  /** Dead letters by reason, before any was redriven; `Crashed`: moved by SQS itself. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Calls that docs/permissions.md does not know of: the cloud would refuse them. */
  readonly forbidden: readonly string[];
  /** Sources that only such a letter speaks of. */
  readonly owed: number;
  readonly messages: Readonly<Record<"events" | "duplicates" | "late" | "nonsense", number>>;
  /** Calls that the programs made, and what was done to them. */
  readonly calls: number;
  readonly injected: Readonly<Record<FaultKind, number>>;
  readonly kills: Readonly<Record<"functions" | "workers" | "paused", number>>;
  /** Jobs by how they ended. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Jobs by the receive of their message that ended them. */
  readonly receives: Readonly<Record<string, number>>;
  /** After the owed dead letters were redriven, without faults. */
  readonly afterRedrive: Counts & { readonly redriven: number; readonly owed: number };
  /** Each wrong, the first fifty. */
  readonly wrongs: readonly Wrong[];
  /** Nothing lost, nothing stale, nothing left behind, before the redrive and after; nothing forbidden. */
  readonly met: boolean;
}

const MOST_WRONGS = 50;

function countsOf({ wrongs }: Verdict): Counts {
  const count = (kind: Wrong["kind"]) => wrongs.filter((wrong) => wrong.kind === kind).length;
  return {
    lost: count("lost"),
    stale: count("stale"),
    orphans: count("orphan"),
    unjust: count("unjust"),
    unexplained: count("unexplained"),
  };
}

/** The report of what was measured and of the two verdicts. */
export function reportOf(
  measured: Omit<Report, keyof Counts | "afterRedrive" | "owed" | "wrongs" | "met">,
  before: Verdict,
  after: Verdict & { readonly redriven: number },
): Report {
  const wrongs = [...before.wrongs, ...after.wrongs, ...after.owed];
  return {
    ...measured,
    ...countsOf(before),
    owed: before.owed.length,
    afterRedrive: { ...countsOf(after), redriven: after.redriven, owed: after.owed.length },
    wrongs: wrongs.slice(0, MOST_WRONGS),
    met: measured.quiet && wrongs.length === 0 && measured.forbidden.length === 0,
  };
}

/** How often each name occurs, in the order of the names. */
export function tally(names: Iterable<string>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

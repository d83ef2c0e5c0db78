import type { CatalogViolation } from "./check.ts";
import type { Notification } from "./notification.ts";

/** The number of violations of each kind. */
export type CatalogCounts = Readonly<Record<CatalogViolation["kind"], number>>;

/** What the table had, and what subscribers got. */
export interface CatalogReport extends CatalogCounts {
  readonly items: number;
  /** The items that a reader has read meanwhile. */
  readonly reads: number;
  readonly notifications: number;
  /** Those whose id had come before. */
  readonly repeated: number;
  /** The images of which a message is a dead letter of the catalog's queue. */
  readonly owed: number;
  /** The events of manifests that were forwarded. */
  readonly events: number;
  readonly duplicates: number;
  readonly late: number;
  /** After the redrive without faults. */
  readonly afterRedrive: CatalogCounts & { readonly redriven: number };
  /** The first twenty violations. */
  readonly violations: readonly CatalogViolation[];
}

const MAX_VIOLATIONS = 20;

function catalogCounts(violations: readonly CatalogViolation[]): CatalogCounts {
  const count = (kind: CatalogViolation["kind"]) =>
    violations.filter((each) => each.kind === kind).length;
  return {
    differs: count("differs"),
    unmatched: count("unmatched"),
    seqBack: count("seqBack"),
    untold: count("untold"),
    contradicts: count("contradicts"),
  };
}

/** How many notifications are copies of others. */
export function repeatedOf(published: readonly Notification[]): number {
  return published.length - new Set(published.map(({ id }) => id)).size;
}

/** Builds the report from the measured figures and the violations before and after the redrive. */
export function catalogReport(
  measured: Omit<CatalogReport, keyof CatalogCounts | "afterRedrive" | "violations">,
  before: readonly CatalogViolation[],
  after: { readonly violations: readonly CatalogViolation[]; readonly redriven: number },
): CatalogReport {
  return {
    ...measured,
    ...catalogCounts(before),
    afterRedrive: { ...catalogCounts(after.violations), redriven: after.redriven },
    violations: [...before, ...after.violations].slice(0, MAX_VIOLATIONS),
  };
}

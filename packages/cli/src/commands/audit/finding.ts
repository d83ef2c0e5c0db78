/** What an audit has to say of one source or object. */
export type Finding =
  /** No manifest that can be read: nothing was ever made of it, or all was lost. */
  | { readonly kind: "unrendered"; readonly key: string }
  /** A manifest of another recipe, or of a content that is no more. */
  | { readonly kind: "stale"; readonly key: string; readonly why: string }
  /** A manifest that is up to date and lists what is not there. */
  | { readonly kind: "missing"; readonly key: string; readonly renditions: readonly string[] }
  /** There are renditions beside those that the manifest lists. */
  | { readonly kind: "unlisted"; readonly key: string; readonly renditions: readonly string[] }
  /** The recipe cannot be done on it, as its manifest says; nothing is missing. */
  | { readonly kind: "rejected"; readonly key: string; readonly reason: string }
  /** This fleet wrote it; its source is gone, or none of today's presets writes it (`null`). */
  | { readonly kind: "orphan"; readonly key: string; readonly source: string | null }
  /** Of a source that is gone, and older than any attempt: a lifecycle rule or `--repair` removes it. */
  | { readonly kind: "tombstone"; readonly key: string }
  /** Somebody else wrote it, or it cannot be told whose it is: left alone. */
  | { readonly kind: "foreign"; readonly key: string; readonly why: string };

export type FindingKind = Finding["kind"];

export const FINDING_KINDS = [
  "unrendered",
  "stale",
  "missing",
  "unlisted",
  "orphan",
  "rejected",
  "tombstone",
  "foreign",
] as const satisfies readonly FindingKind[];

/** With these, a fleet is not complete. */
export const INCOMPLETE: readonly FindingKind[] = [
  "unrendered",
  "stale",
  "missing",
  "unlisted",
  "orphan",
];

/** What an audit came to. */
export interface AuditTotals {
  readonly sources: number;
  /** Sources with every rendition that their manifest lists, by today's recipe. */
  readonly complete: number;
  /** Objects of the rendition bucket that were looked at. */
  readonly objects: number;
  readonly findings: Readonly<Record<FindingKind, number>>;
  /** Those of the orphans that no preset writes any more: nothing is said of their sources. */
  readonly unwritten: number;
  /** Requests to S3, for the bill. */
  readonly requests: { readonly lists: number; readonly gets: number };
}

/** Is every source served, and nothing left over? */
export function isComplete({ findings }: AuditTotals): boolean {
  return INCOMPLETE.every((kind) => findings[kind] === 0);
}

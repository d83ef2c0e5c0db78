/** What an audit reports about one source or object. */
export type Finding =
  /** The source has no readable manifest: it was never rendered, or the manifest was lost. */
  | { readonly kind: "unrendered"; readonly key: string }
  /** The manifest is of another recipe or of an earlier content. */
  | { readonly kind: "stale"; readonly key: string; readonly why: string }
  /** The manifest is up to date, and a rendition that it lists does not exist. */
  | { readonly kind: "missing"; readonly key: string; readonly renditions: readonly string[] }
  /** Renditions exist that the manifest does not list, or that were made on request of another content. */
  | { readonly kind: "unlisted"; readonly key: string; readonly renditions: readonly string[] }
  /** The source was rejected, as its manifest states; nothing is missing. */
  | { readonly kind: "rejected"; readonly key: string; readonly reason: string }
  /** This fleet wrote the object. Its source is deleted, or no preset writes it any more (`null`). */
  | { readonly kind: "orphan"; readonly key: string; readonly source: string | null }
  /** A tombstone that is older than any attempt: a lifecycle rule or `--repair` removes it. */
  | { readonly kind: "tombstone"; readonly key: string }
  /** The object was written by something else, or its writer is unknown. It is never removed. */
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

/** A fleet with any of these is not complete. */
export const INCOMPLETE: readonly FindingKind[] = [
  "unrendered",
  "stale",
  "missing",
  "unlisted",
  "orphan",
];

/** The result of an audit. */
export interface AuditTotals {
  readonly sources: number;
  /** Sources with an up-to-date manifest and every rendition that it lists. */
  readonly complete: number;
  /** Objects of the rendition bucket that were listed. */
  readonly objects: number;
  readonly findings: Readonly<Record<FindingKind, number>>;
  /** The orphans that no preset writes any more. Their sources may exist. */
  readonly unwritten: number;
  /** Requests to S3, from which the cost follows. */
  readonly requests: { readonly lists: number; readonly gets: number };
}

/** Is every source complete, and no object an orphan? */
export function isComplete({ findings }: AuditTotals): boolean {
  return INCOMPLETE.every((kind) => findings[kind] === 0);
}

/** A key that may be reprocessed, and what its listing says of it; times in ms since the epoch. */
export interface SourceKey {
  readonly key: string;
  readonly bytes?: number;
  /** With the quotes that S3 gives. */
  readonly etag?: string;
  readonly modified?: number;
}

/** Candidates that were read together, and where to go on after them. */
export interface SourceKeyPage {
  readonly sourceKeys: readonly SourceKey[];
  readonly mark: string;
}

/** A part of what is to be reprocessed, read in an order of its own, and so resumed on its own. */
export interface Partition {
  readonly name: string;
  /** Goes on after a mark, or begins. */
  pages(after: string | undefined): AsyncIterable<SourceKeyPage>;
}

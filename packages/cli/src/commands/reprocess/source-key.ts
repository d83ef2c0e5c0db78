/** A key that may be reprocessed, with what its listing contains of it; times in ms since the epoch. */
export interface SourceKey {
  readonly key: string;
  readonly bytes?: number;
  /** With its quotes, as S3 returns it. */
  readonly etag?: string;
  readonly modified?: number;
}

/** Keys that were read together. Reading continues after `mark`. */
export interface SourceKeyPage {
  readonly sourceKeys: readonly SourceKey[];
  readonly mark: string;
}

/** A part of the selected keys that is read, and resumed, by itself. */
export interface Partition {
  readonly name: string;
  /** @param after the mark to continue after; undefined: from the start */
  pages(after: string | undefined): AsyncIterable<SourceKeyPage>;
}

/**
 * "Bring the renditions of this source up to date". A job trusts its event for the key alone, and
 * for the size as a hint to choose a lane.
 */
export interface Job {
  readonly bucket: string;
  /** Raw: never form-encoded. */
  readonly key: string;
  /** The source's size in bytes as the event said it; absent for removals and where it said none. */
  readonly bytes?: number;
  /** When its event happened, or when our own message was sent: ms since the epoch, if it was said. */
  readonly at?: number;
  /** A job that may have been begun before takes no shortcut: a crash may have left its traces. */
  readonly mayHaveRun: boolean;
  /** Render even what is up to date. */
  readonly force: boolean;
  /** The trace that it is a part of, as X-Ray writes it. */
  readonly trace?: string;
  /** The operator's run that sent it: by it a letter is known for that run's. */
  readonly run?: string;
}

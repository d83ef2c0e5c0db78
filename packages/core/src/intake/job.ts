/**
 * "Bring the renditions of this source up to date." Of the event, a job uses the key, and the size as
 * a hint to choose a lane.
 */
export interface Job {
  readonly bucket: string;
  /** Not form-encoded. */
  readonly key: string;
  /** The source's size in the event; absent for removals and events without a size. */
  readonly bytes?: number;
  /** The time of the event, or when the fleet sent the message, ms since the epoch; absent if unknown. */
  readonly at?: number;
  /** An earlier attempt may have left renditions, so the job takes no shortcut. */
  readonly mayHaveRun: boolean;
  /** Render also what is up to date. */
  readonly force: boolean;
  /** Keys of renditions that may have been made on request, to be checked against the source. */
  readonly check?: readonly string[];
  /** The ETags of the contents that those renditions were made from. */
  readonly checkedEtags?: readonly string[];
  /** Keys of renditions that were requested and that only the large lane can make. */
  readonly want?: readonly string[];
  /** The trace that it is a part of, as an X-Ray header. */
  readonly trace?: string;
  /** The `reprocess` run that sent it: it identifies the run's dead letters. */
  readonly run?: string;
}

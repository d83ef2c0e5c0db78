/** The operations and faults of a run, and its duration. */
export interface ChaosOptions {
  /** Uploads, overwrites and deletes. */
  readonly jobs: number;
  /** Requests of viewers, in the course of the jobs. */
  readonly requests: number;
  /** Repeats the same sources, faults and event order. */
  readonly seed: number;
  /** The end of uploading; uploaded sources are still waited for. */
  readonly minutes: number;
  /** Shares of the calls to S3, SQS, DynamoDB and SNS, 0 to 1. */
  readonly errors: number;
  readonly resets: number;
  readonly lostAnswers: number;
  readonly delays: number;
  /** The share of duplicated messages. */
  readonly duplicates: number;
  /** Seconds between two kills, on average; 0: none. */
  readonly kills: number;
  /** The share of renditions made on request whose process is killed between its put and its last look. */
  readonly deliverKills: number;
  /** The share of notifications whose process is killed between the publish and the write of the item. */
  readonly catalogKills: number;
  /** Seconds between two workers' pauses (SIGSTOP) of up to two leases, on average; 0: none. */
  readonly pauses: number;
  readonly workers: number;
  /** The longest delay of a message's second copy, seconds. */
  readonly muchLater: number;
}

export const DEFAULTS: ChaosOptions = {
  jobs: 2_000,
  requests: 10_000,
  seed: 1,
  minutes: 15,
  errors: 0.05,
  resets: 0.02,
  lostAnswers: 0.02,
  delays: 0.03,
  duplicates: 0.2,
  kills: 3,
  deliverKills: 0.02,
  catalogKills: 0.05,
  pauses: 0,
  workers: 2,
  muchLater: 45,
};

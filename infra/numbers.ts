/**
 * Every number of the deployed fleet, in one place. What a stage may set for itself is in
 * settings.ts.
 */
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const QUEUES = {
  /** Retention counts from the first enqueue, also among the dead: theirs is the longer, s. */
  retentionSeconds: 4 * DAY,
  deadLetterRetentionSeconds: 14 * DAY,
  /** The receive after which a message is a dead letter. */
  maxReceives: 5,
} as const;

export const CONSUME = {
  memoryMb: 2048,
  timeoutSeconds: 120,
  batchSize: 10,
  /** How long Lambda gathers a batch, s: that much later a lone picture is done. */
  windowSeconds: 1,
  /** A batch that was throttled or retried stays hidden meanwhile: AWS asks for 6 x the timeout. */
  visibilityPerTimeout: 6,
} as const;

export const WORKER = {
  cpus: 2,
  memoryGb: 4,
  /** One decode may use all processors: two CPUs a job, as the worker itself counts. */
  jobsPerTask: 1,
  /** A crashed task's message comes back after it, s; the heartbeat extends it. */
  leaseSeconds: 120,
  pollSeconds: 20,
  /** A stop: the poll ends, jobs in hand get the drain time, then Fargate kills. In all, s: */
  drainSeconds: 90,
  stopTimeoutSeconds: 120,
  /** The disk beside the sources that are being worked on: image layers, room for error, GB. */
  spareDiskGb: 12,
  /**
   * Where a stage does not say so itself: the first task runs on demand, so that the lane moves even
   * when Spot has no capacity.
   */
  onDemandTasks: 1,
} as const;

export const SCALING = {
  /** Large sources that one task is given to work through, waiting and in hand. */
  messagesPerTask: 5,
  periodSeconds: MINUTE,
  cooldownSeconds: MINUTE,
  /**
   * The lane must have been empty this long before the last task goes, in periods: longer than SQS
   * may be late with its metrics, for a late metric looks like an empty lane.
   */
  emptyPeriods: 10,
} as const;

export const STORAGE = {
  abortMultipartDays: 7,
  intelligentTieringDays: 30,
  /**
   * TOMBSTONE_MS of packages/core/src/store/manifest.ts, which says why; a test compares the two. S3
   * rounds the end up to the next midnight UTC, so no tombstone expires too early:
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
   */
  tombstoneDays: 2,
} as const;

export const ALARMS = {
  periodSeconds: 5 * MINUTE,
  smallAgeSeconds: 15 * MINUTE,
  largeAgeSeconds: 2 * HOUR,
  /** Of a queue's retention, of the oldest message's age. */
  retentionShare: 0.8,
  /** Periods that crashes are looked for in, and those in which they must be seen. */
  crashPeriods: 4,
  crashBreaching: 2,
  errorPercent: 5,
  /** Of the function's timeout. */
  durationShare: 0.8,
  /** Minutes that the large lane may wait without a task. */
  noTaskMinutes: 15,
  /** So many of them may have no metrics yet. */
  lateMinutes: 2,
} as const;

export const KMS_DELETION_DAYS = 30;

/** Kept in CloudWatch, as SST words it. */
export const LOG_RETENTION = { production: "3 months", other: "2 weeks" } as const;

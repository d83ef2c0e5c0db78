/**
 * Every number of the deployed fleet. What a stage can set is in settings.ts.
 */
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const QUEUES = {
  /** Retention counts from the first enqueue, also in a dead-letter queue, whose retention is longer, s. */
  retentionSeconds: 4 * DAY,
  deadLetterRetentionSeconds: 14 * DAY,
  /** The receive after which a message is a dead letter. */
  maxReceives: 5,
  /**
   * The visibility timeout of a queue that a function consumes, as a multiple of the function's timeout.
   * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
   */
  visibilityPerTimeout: 6,
} as const;

export const CONSUME = {
  memoryMb: 2048,
  timeoutSeconds: 120,
  batchSize: 10,
  /** How long Lambda gathers a batch, s. A single image is delayed by it. */
  windowSeconds: 1,
  /** Default, without `pollers`. New accounts have a quota of 10 for all functions. */
  concurrency: 8,
} as const;

export const DELIVER = {
  memoryMb: 2048,
  timeoutSeconds: 25,
  /**
   * How long CloudFront waits for the function, s: longer than its timeout, so that the function itself
   * answers. 1 to 120 without a request for more.
   * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
   */
  originTimeoutSeconds: 30,
  /** Answers without Cache-Control are cached for a day, all others as they say, for a year at most, s. */
  defaultTtlSeconds: DAY,
  maxTtlSeconds: 365 * DAY,
  /** How long CloudFront keeps a 5xx, s. Its default of 10 s is an outage to a viewer. */
  errorTtlSeconds: 1,
} as const;

export const INVALIDATE = {
  memoryMb: 256,
  timeoutSeconds: 120,
  /** A batch is one list of paths, of which CloudFront has few in progress at once, so it is large. */
  batchSize: 1000,
  windowSeconds: 20,
  /** The least that Lambda accepts. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
  concurrency: 2,
  /** A receive every 12 minutes, so 4 h of an outage of CloudFront's API. A throttled batch counts as received. */
  maxReceives: 20,
  /**
   * LATE_WRITE_SECONDS of packages/core/src/attempt/attempt.ts: how long S3 may take to apply a write
   * that was given up; a test compares the two. An invalidation must follow what was in progress.
   */
  lateWriteSeconds: 15,
} as const;

export const CATALOG = {
  memoryMb: 512,
  timeoutSeconds: 60,
  batchSize: 10,
  /** How long Lambda gathers a batch, s. A notification is delayed by it. */
  windowSeconds: 1,
  /** Batches at once: 50 images, which write to one item each. */
  concurrency: 5,
  /** A receive every 6 minutes, so 2 h of an outage of DynamoDB or SNS. */
  maxReceives: 20,
} as const;

export const UPLOADS = {
  memoryMb: 512,
  timeoutSeconds: 10,
  /**
   * The age at which S3 refuses a signed upload, ms, whatever its signer wrote; signatures end after 15
   * minutes. https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
   */
  signatureAgeMs: 900_000,
  /** The largest upload where the settings name none, bytes. */
  maxBytes: 100 * 1024 * 1024,
  /** For a moment, this many times the requests a second. */
  burst: 2,
  /**
   * How long API Gateway reuses the answer of a Lambda authorizer for a token, s: that long a token works
   * that was withdrawn. 3,600 at most.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
   */
  authorizedSeconds: 5 * MINUTE,
} as const;

export const WORKER = {
  cpus: 2,
  memoryGb: 4,
  /** One decode may use all processors: two CPUs a job, which is the worker's own default. */
  jobsPerTask: 1,
  /** After it, a crashed task's message becomes visible again, s. The heartbeat extends it. */
  leaseSeconds: 120,
  pollSeconds: 20,
  /** At a stop, jobs in flight get the drain time; then Fargate kills the task. In all, s: */
  drainSeconds: 90,
  stopTimeoutSeconds: 120,
  /** Disk besides the sources that are being processed: image layers and a margin, GB. */
  spareDiskGb: 12,
  /** Default: the first task runs on demand, so that the lane progresses when Spot has no capacity. */
  onDemandTasks: 1,
} as const;

export const SCALING = {
  /** Large sources a task, waiting and in flight. */
  messagesPerTask: 5,
  /**
   * The newest minutes of which one is enough to start tasks. With fewer, a lane whose metrics are always
   * five minutes late would never start one: CloudWatch would find no value, and keep the alarm OK.
   */
  backlogPeriods: 6,
  periodSeconds: MINUTE,
  cooldownSeconds: MINUTE,
  /**
   * Periods for which the lane must be empty before the last task stops: longer than SQS may delay its
   * metrics, because a delayed metric looks like an empty lane.
   */
  emptyPeriods: 10,
} as const;

export const STORAGE = {
  abortMultipartDays: 7,
  intelligentTieringDays: 30,
  /**
   * TOMBSTONE_MS of packages/core/src/store/manifest.ts, where the reason is; a test compares the two.
   * S3 rounds the end up to the next midnight UTC, so no tombstone expires too early:
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
   */
  tombstoneDays: 2,
} as const;

export const ALARMS = {
  periodSeconds: 5 * MINUTE,
  smallAgeSeconds: 15 * MINUTE,
  largeAgeSeconds: 2 * HOUR,
  /**
   * After the first failed receive; an invalidation that succeeds takes two minutes at most. SQS leaves
   * messages out of the age that were received more than three times.
   * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
   */
  invalidationAgeSeconds: 15 * MINUTE,
  /** A manifest is in the table within seconds, so this is after several failed receives. */
  catalogAgeSeconds: 15 * MINUTE,
  /** Percent of the API's answers. In a period with fewer requests one error would be an alarm. */
  uploadErrorPercent: 5,
  uploadRequests: 20,
  /** The share of a queue's retention that the oldest message's age may reach. */
  retentionShare: 0.8,
  /** The evaluation periods for crashes, and how many of them must breach. */
  crashPeriods: 4,
  crashBreaching: 2,
  errorPercent: 5,
  /** The share of the function's timeout. */
  durationShare: 0.8,
  /** Renditions made on request in a period. It shows a missing reprocess, or somebody who tries addresses. */
  madeOnRequest: 3000,
  /** Percent of CloudFront's answers. In a period with fewer requests one error would be an alarm. */
  edgeErrorPercent: 1,
  edgeRequests: 200,
  edgeHitPercent: 95,
  /** Minutes for which the large lane may wait without a task. */
  noTaskMinutes: 15,
  /**
   * The minutes among which those are looked for. More, because metrics may be five minutes late, and some
   * minutes may have none; not so many that two starts of a task, of nine minutes each then, are an alarm.
   */
  noTaskPeriods: 28,
} as const;

export const KMS_DELETION_DAYS = 30;

/** The logs' retention in CloudWatch, in SST's terms. */
export const LOG_RETENTION = { production: "3 months", other: "2 weeks" } as const;

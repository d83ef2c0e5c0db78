/** Whether AWS's documentation has a number, somebody published a measurement of it, or neither. */
export type Basis = "documented" | "measured by others" | "assumed";

/** A number of AWS's that the model uses. */
export interface Constant {
  readonly value: number;
  readonly unit: string;
  readonly basis: Basis;
  /** The page that has it, or why it is assumed. */
  readonly source: string;
  /** When that page was read. */
  readonly date: string;
}

const SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide";
const LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg";
const ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide";
const CLOUDWATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring";
const DATE = "2026-11-28";

function documented(value: number, unit: string, source: string): Constant {
  return { value, unit, basis: "documented", source, date: DATE };
}

function assumed(value: number, unit: string, source: string): Constant {
  return { value, unit, basis: "assumed", source, date: DATE };
}

/** Every number of AWS's that the model uses. docs/scale.md lists them. */
export const CONSTANTS = {
  s3EventP50: assumed(1, "s", "AWS says that events typically come within seconds"),
  s3EventP95: assumed(2, "s", "AWS says that events typically come within seconds"),
  s3Writes: documented(
    3500,
    "requests/s of a partition",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html",
  ),
  s3Reads: documented(
    5500,
    "requests/s of a partition",
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html",
  ),
  receivesInAge: documented(
    3,
    "receives, after which a message does not count for the age",
    `${SQS}/sqs-available-cloudwatch-metrics.html`,
  ),
  queueSleeps: documented(
    6 * 3600,
    "s without use, after which SQS reports no metrics",
    `${SQS}/monitoring-using-cloudwatch.html`,
  ),
  queueWakes: documented(
    15 * 60,
    "s at most until an inactive queue is reported again",
    `${SQS}/monitoring-using-cloudwatch.html`,
  ),
  metricPeriod: documented(60, "s", `${SQS}/monitoring-using-cloudwatch.html`),
  metricLate: assumed(60, "s after its minute until a metric can be read", "a minute is common"),
  evaluation: assumed(
    60,
    "s between evaluations of an alarm",
    "AWS does not say; it acts once a minute",
  ),
  evaluationRange: assumed(
    3,
    "periods that an alarm looks further back than it has to",
    `${CLOUDWATCH}/alarms-and-missing-data.html says that it is more than the evaluation periods, not how many`,
  ),
  pollersStart: documented(5, "batches at once", `${LAMBDA}/services-sqs-scaling.html`),
  pollersGrow: documented(
    300,
    "batches at once more a minute",
    `${LAMBDA}/services-sqs-scaling.html`,
  ),
  pollersMost: documented(1250, "batches at once", `${LAMBDA}/services-sqs-scaling.html`),
  provisionedGrow: documented(
    1000,
    "batches at once more a minute",
    `${LAMBDA}/services-sqs-scaling.html`,
  ),
  provisionedBatches: documented(
    10,
    "batches at once of one provisioned poller",
    `${LAMBDA}/services-sqs-scaling.html`,
  ),
  environments: documented(
    1000,
    "environments of a function more in 10 s",
    `${LAMBDA}/scaling-behavior.html`,
  ),
  accountConcurrency: documented(1000, "functions at once", `${LAMBDA}/lambda-concurrency.html`),
  coldStart: assumed(0.8, "s", "`npm run bench -- cold-start` measures it on one machine"),
  environmentIdle: assumed(
    600,
    "s without an invocation until an environment ends",
    "AWS does not say",
  ),
  throttledRetry: assumed(1, "s until Lambda tries a throttled batch again", "AWS does not say"),
  taskStartP50: assumed(45, "s", "AWS states no time for a start; the image is small"),
  taskStartP95: assumed(75, "s", "AWS states no time for a start; the image is small"),
  taskLaunches: documented(20, "tasks a second", `${ECS}/throttling.html`),
  taskBurst: documented(100, "tasks at once", `${ECS}/throttling.html`),
  serviceLoop: assumed(10, "s between two looks of ECS at a service", "AWS does not say"),
  breakerShare: documented(0.5, "of the tasks", `${ECS}/deployment-circuit-breaker.html`),
  breakerLeast: documented(3, "failed tasks", `${ECS}/deployment-circuit-breaker.html`),
  breakerMost: documented(200, "failed tasks", `${ECS}/deployment-circuit-breaker.html`),
  placementRetry: assumed(60, "s until ECS tries again to place a task", "AWS does not say"),
} as const satisfies Record<string, Constant>;

/** The value of a constant. */
export function value(name: keyof typeof CONSTANTS): number {
  return CONSTANTS[name].value;
}

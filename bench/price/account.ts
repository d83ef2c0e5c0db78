import { FUNCTION_SECOND_USD, functionSeconds, PRICES } from "@imagefleet/core/prices";

/** What was counted while a work's images went through the function. */
export interface Counted {
  readonly images: number;
  readonly batches: number;
  /** Of the function's process, s. */
  readonly cpuSeconds: number;
  /** The function's own requests: "s3 PutObject" → how many. */
  readonly calls: Readonly<Record<string, number>>;
  /** What it logged, bytes. */
  readonly logBytes: number;
}

/** USD for one image. */
export interface Account {
  readonly compute: number;
  readonly invocations: number;
  readonly s3: number;
  readonly sqs: number;
  readonly logs: number;
  readonly total: number;
}

/** Besides processor time: waiting for S3 with nothing else to do, s per image. */
export const WAIT_SECONDS = 0.05;

/** START, END and REPORT, which Lambda itself logs. */
const PLATFORM_LOG_BYTES = 400;

const FREE = new Set(["s3 DeleteObject", "s3 DeleteObjects"]);
const READS = new Set(["s3 GetObject", "s3 HeadObject", "s3 HeadBucket"]);

/** By list prices, before any free tier. */
export function accountOf(counted: Counted): Account {
  const { images, batches, cpuSeconds, calls, logBytes } = counted;
  const { lambda, sqs, cloudwatch } = PRICES;
  const compute =
    functionSeconds({ cpuSeconds: cpuSeconds / images, waitSeconds: WAIT_SECONDS }) *
    FUNCTION_SECOND_USD;
  const invocations = (batches / images) * lambda.request;
  const s3 = priceOfS3(calls) / images;
  // S3 sends an event for each; the event source receives and deletes each batch at once.
  const requests = images + 2 * batches + count(calls, (call) => call.startsWith("sqs "));
  const queue = (requests / images) * sqs.request;
  const logged = (logBytes + batches * PLATFORM_LOG_BYTES) / images;
  const logs = (logged / 2 ** 30) * cloudwatch.logGib;
  const total = compute + invocations + s3 + queue + logs;
  return { compute, invocations, s3, sqs: queue, logs, total };
}

function priceOfS3(calls: Counted["calls"]): number {
  const { read, write } = PRICES.s3;
  const reads = count(calls, (call) => READS.has(call));
  const rest = count(
    calls,
    (call) => call.startsWith("s3 ") && !READS.has(call) && !FREE.has(call),
  );
  return reads * read + rest * write;
}

function count(calls: Counted["calls"], which: (call: string) => boolean): number {
  return Object.entries(calls).reduce((sum, [call, n]) => sum + (which(call) ? n : 0), 0);
}

import { FUNCTION_SECOND_USD, functionSeconds, logPrice, PRICES } from "@imagefleet/core/prices";

/** The counts of a workload in the function. */
export interface Counted {
  readonly images: number;
  readonly batches: number;
  /** CPU time of the function's process, s. */
  readonly cpuSeconds: number;
  /** The number of the function's own requests by call, such as "s3 PutObject". */
  readonly calls: Readonly<Record<string, number>>;
  /** The size of its log, bytes. */
  readonly logBytes: number;
}

/** The cost of one image, USD. */
export interface Account {
  readonly compute: number;
  readonly invocations: number;
  readonly s3: number;
  readonly sqs: number;
  readonly logs: number;
  readonly total: number;
}

/** The time in which the function only waits for S3, in addition to CPU time, s per image. */
export const WAIT_SECONDS = 0.05;

const FREE = new Set(["s3 DeleteObject", "s3 DeleteObjects"]);
const READS = new Set(["s3 GetObject", "s3 HeadObject", "s3 HeadBucket"]);

/** The cost by list prices, without free tier. */
export function accountOf(counted: Counted): Account {
  const { images, batches, cpuSeconds, calls, logBytes } = counted;
  const { lambda, sqs } = PRICES;
  const compute =
    functionSeconds({ cpuSeconds: cpuSeconds / images, waitSeconds: WAIT_SECONDS }) *
    FUNCTION_SECOND_USD;
  const invocations = (batches / images) * lambda.request;
  const s3 = s3Price(calls) / images;
  // S3 sends one event per image; the event source receives and deletes whole batches.
  const requests = images + 2 * batches + count(calls, (call) => call.startsWith("sqs "));
  const queue = (requests / images) * sqs.request;
  const logs = logPrice(logBytes, batches) / images;
  const total = compute + invocations + s3 + queue + logs;
  return { compute, invocations, s3, sqs: queue, logs, total };
}

/** The price of its requests to S3, USD. */
export function s3Price(calls: Counted["calls"]): number {
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

import { FUNCTION_SECOND_USD, functionSeconds, logPrice, PRICES } from "@imagefleet/core/prices";
import { type Counted, s3Price, WAIT_SECONDS } from "../price/account.ts";

/** What renditions cost that were made on request: the answer, and the job that checks it. */
export interface CountedDelivery {
  /** Each is an invocation of its own. */
  readonly deliver: Omit<Counted, "batches">;
  /** In full batches. */
  readonly check: Counted;
}

/** The cost of one rendition, USD. */
export interface DeliveryAccount {
  readonly compute: number;
  readonly invocations: number;
  readonly s3: number;
  readonly sqs: number;
  readonly logs: number;
  readonly total: number;
}

/**
 * The time in which a delivery only waits, in addition to CPU time, s: four requests one after another
 * (source and manifest, SQS, the rendition, the source again), as no other work runs meanwhile.
 */
export const DELIVERY_WAIT_SECONDS = 0.1;

/** The cost by list prices, without free tier and without what CloudFront charges. */
export function deliveryAccountOf({ deliver, check }: CountedDelivery): DeliveryAccount {
  const { lambda, s3: prices, sqs: queue } = PRICES;
  const seconds = (of: Pick<Counted, "cpuSeconds" | "images">, waitSeconds: number) =>
    functionSeconds({ cpuSeconds: of.cpuSeconds / of.images, waitSeconds });
  const compute =
    (seconds(deliver, DELIVERY_WAIT_SECONDS) + seconds(check, WAIT_SECONDS)) * FUNCTION_SECOND_USD;
  const batches = check.batches / check.images;
  const invocations = (1 + batches) * lambda.request;
  // CloudFront asks S3 first.
  const s3 =
    prices.read + s3Price(deliver.calls) / deliver.images + s3Price(check.calls) / check.images;
  // The event source receives and deletes whole batches.
  const sqs =
    (sqsCalls(deliver) / deliver.images + sqsCalls(check) / check.images + 2 * batches) *
    queue.request;
  const logs =
    logPrice(deliver.logBytes, deliver.images) / deliver.images +
    logPrice(check.logBytes, check.batches) / check.images;
  return { compute, invocations, s3, sqs, logs, total: compute + invocations + s3 + sqs + logs };
}

function sqsCalls({ calls }: Pick<Counted, "calls">): number {
  return Object.entries(calls)
    .filter(([call]) => call.startsWith("sqs "))
    .reduce((sum, [, n]) => sum + n, 0);
}

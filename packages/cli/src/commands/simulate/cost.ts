import {
  catalogAccount,
  FUNCTION_SECOND_USD,
  logPrice,
  PRICES,
  TASK_SECOND_USD,
} from "@imagefleet/core/prices";
import type { ScaleSettings, SimulationResult } from "@imagefleet/simulation";

/** A line of the bill: what for, and USD. */
export type Line = readonly [string, number];

/** Spot's price, as a share of the price on demand: "up to 70 % off". https://aws.amazon.com/fargate/pricing/ */
const SPOT_SHARE = 0.3;
/** The lines that the function writes for an image, bytes: as `npm run bench -- price` counts them. */
const LOG_BYTES = 1200;
const POLLERS = 5;
const POLL_SECONDS = 20;
const CATALOG_ITEM_BYTES = 1000;
const CATALOG_POLLS = 2;

/**
 * What a simulated load costs, by AWS's list prices, without storage and delivery.
 *
 * @param renditions of an image, which is one PUT each, besides the manifest's
 */
export function costOf(
  result: SimulationResult,
  settings: ScaleSettings,
  renditions: number,
): Line[] {
  const { s3, sqs, lambda } = PRICES;
  const images = result.small.count + result.large.count + result.backfilled;
  const large = result.large.count;
  const requested = result.requested.count;
  // Each message is sent alone; a batch is received and deleted by one request each.
  const requests = images + requested + large * 3 + 2 * result.invocations;
  const polls = settings.pollers ? 0 : (POLLERS * result.seconds) / POLL_SECONDS;
  const catalog = catalogAccount({ itemBytes: CATALOG_ITEM_BYTES, polls: CATALOG_POLLS });
  return [
    ["Lambda, duration", result.functionSeconds * FUNCTION_SECOND_USD],
    ["Lambda, requests", result.invocations * lambda.request],
    [
      "Lambda, on request",
      result.requestSeconds * FUNCTION_SECOND_USD + requested * lambda.request,
    ],
    ["Fargate, on demand", result.onDemandSeconds * TASK_SECOND_USD],
    ["Fargate, Spot", result.spotSeconds * TASK_SECOND_USD * SPOT_SHARE],
    [
      "S3 requests",
      images * (3 * s3.read + (renditions + 1) * s3.write) +
        // As `imagefleet estimate` counts a rendition on request.
        requested * (7 * s3.read + s3.write),
    ],
    ["SQS requests", (requests + polls) * sqs.request],
    ["log ingestion", logPrice(images * LOG_BYTES, result.invocations)],
    ["pollers", (result.pollerSeconds / 3600) * PRICES.lambda.pollerHour],
    ["catalog and notifications", settings.catalog ? images * catalog.catalog : 0],
  ];
}

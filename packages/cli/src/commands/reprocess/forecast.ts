import { FUNCTION_SECOND_USD, PRICES, TASK_SECOND_USD } from "@imagefleet/core/prices";
import { lasting } from "../../terminal/ago.ts";
import { many, thousands } from "../../terminal/thousands.ts";
import { formatBytes } from "../../terminal/units.ts";
import { usd } from "../../terminal/usd.ts";
import { ENOUGH_JOBS, type MeasuredRate } from "./rates.ts";

/** What was counted before a start; bytes as far as they are known. */
export interface Counted {
  sources: number;
  bytes: number;
  /** Those that are for the large lane by their bytes alone. */
  large: number;
  /** Listed, and not meant. */
  others: number;
  lists: number;
}

/**
 * What a job takes when nothing was measured: a photo of 12 megapixels in the
 * function, a picture of a gigapixel in a task. `imagefleet estimate` measures.
 */
const ASSUMED = {
  smallSeconds: 0.6,
  largeSeconds: 40,
} as const;

/**
 * USD for so many jobs, by today's list prices and {@link ASSUMED}.
 *
 * @param renditions that a source has at most, by its recipe
 */
export function forecastUsd({ sources, large, lists }: Counted, renditions: number): number {
  const small = sources - large;
  const { s3, sqs, lambda } = PRICES;
  const work =
    small * ASSUMED.smallSeconds * FUNCTION_SECOND_USD +
    (small / 10) * lambda.request +
    large * ASSUMED.largeSeconds * TASK_SECOND_USD;
  // A send, a receive and a delete of ten; per job: source and manifest read and the source's head,
  // renditions and manifest written.
  const queue = (sources / 10) * 3 * sqs.request;
  const store = sources * (3 * s3.read + (renditions + 1) * s3.write) + lists * s3.write;
  return work + queue + store;
}

export function forecastText(
  counted: Counted,
  rate: MeasuredRate | undefined,
  atMost: boolean,
  { isLocal, renditions }: { isLocal: boolean; renditions: number },
): string[] {
  const { sources, bytes, large, others } = counted;
  const size = bytes > 0 ? `, ${formatBytes(bytes)}` : "";
  const lanes = large > 0 ? `; ${thousands(large)} of them for the large lane by their size` : "";
  const besides = others > 0 ? ` (${thousands(others)} listed besides are not meant)` : "";
  const cost = usd(forecastUsd(counted, renditions));
  const inLarge = large > 0 ? ` (${ASSUMED.largeSeconds} s in the large lane)` : "";
  const assumed = `assumed ${ASSUMED.smallSeconds} s a source${inLarge} and the recipe's ${many(renditions, "rendition")}`;
  return [
    `how many  ${atMost ? "at most " : ""}${many(sources, "source")}${size}${lanes}${besides}`,
    rate === undefined
      ? `how long  not measured yet at this fleet; a run with --wait of ${ENOUGH_JOBS} sources or more measures it`
      : `how long  about ${lasting(sources / rate.perSecond)}, at ${rate.perSecond.toFixed(1)} images/s as measured on ${new Date(rate.at).toISOString().slice(0, 10)}`,
    isLocal
      ? `cost      nothing here; on AWS ${cost}, ${assumed}`
      : `cost      ${cost}${atMost ? " at most" : ""}, ${assumed}; list prices of ${PRICES.region} on ${PRICES.date}; sources that are up to date cost a tenth`,
  ];
}

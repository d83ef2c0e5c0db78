import type { Encoding } from "@imagefleet/core/measuring";
import { PRICES } from "@imagefleet/core/prices";
import { many } from "../terminal/format.ts";
import { CROP } from "./encoders.ts";

/** `webp 84, effort 4` */
export function settingText({ format, quality, effort, mozjpeg }: Encoding): string {
  const how = effort === undefined ? (mozjpeg ? ", mozjpeg" : "") : `, effort ${effort}`;
  return `${format} ${quality}${how}`;
}

/**
 * What scores and costs are based on.
 *
 * @param views page views of each rendition
 */
export function basisText(views: number, full = false): string {
  const scored = full ? "" : `, in the ${CROP} px of their middle`;
  return `The score is the mean of SSIMULACRA 2.1 over the renditions${scored}; 70 is high, 80 very high. A million: the function's time, the PUTs, and ${many(views, "page view")} of each rendition, at the list prices of ${PRICES.region} on ${PRICES.date}. CPU time is that of this machine.`;
}

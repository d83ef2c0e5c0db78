import { functionSeconds } from "@imagefleet/core/prices";
import { type MadeCost, madeCost } from "../../delivery/cost.ts";
import type { Measured } from "../../sample/measure.ts";
import { mean, sum } from "./cost.ts";

/** The mean bytes of a rendition, made at the upload or on request; each is seen equally often. */
export function bytesAView(sample: readonly Measured[]): number {
  const bytes = sample.map(({ bytesOut, onRequest }) => bytesOut + sum(onRequest));
  const count = sample.map(({ renditions, onRequest }) => renditions + onRequest.length);
  return sum(bytes) / Math.max(1, sum(count));
}

/**
 * How long the function waits for S3 and SQS, s: the manifest and the source, the message, the put, the
 * source once more.
 */
const WAIT_SECONDS = 0.1;

/** @returns undefined when the sample has no image of the small lane: the function makes no others */
export function sampleMadeCost(sample: readonly Measured[]): MadeCost | undefined {
  const alone = sample.flatMap(({ aloneSeconds }) => aloneSeconds);
  if (alone.length === 0) return undefined;
  return madeCost(functionSeconds({ cpuSeconds: mean(alone), waitSeconds: WAIT_SECONDS }));
}

import { name, parseEnv, sourceBuckets, url, wholeNumber } from "@imagefleet/core/env";
import { LOG_LEVELS, metricsNamespace } from "@imagefleet/core/telemetry";
import { tracesVariables } from "@imagefleet/core/traces";
import * as v from "valibot";
import { functionMemoryVariables, memoryMibOf } from "../function-memory.ts";

/** The variables that the function reads. Lambda and infra set them. */
const envSchema = v.object({
  AWS_REGION: name,
  AWS_ENDPOINT_URL: v.optional(url),
  ...functionMemoryVariables,
  IMAGEFLEET_RENDITION_BUCKET: name,
  IMAGEFLEET_SOURCE_BUCKETS: sourceBuckets,
  IMAGEFLEET_SMALL_QUEUE_URL: url,
  IMAGEFLEET_SMALL_DLQ_URL: url,
  IMAGEFLEET_LARGE_QUEUE_URL: url,
  /** Receives the sources whose renditions caches should forget. Without it they are left alone. */
  IMAGEFLEET_INVALIDATIONS_QUEUE_URL: v.optional(url),
  /** Receives what no event of a manifest tells the catalog. Without it there is no catalog. */
  IMAGEFLEET_CATALOG_QUEUE_URL: v.optional(url),
  /** The queue's maxReceiveCount. */
  IMAGEFLEET_MAX_RECEIVES: v.optional(wholeNumber(1, 1000), "5"),
  /**
   * The queue's visibility timeout or less, s. A message that was sent more than half of it after its
   * own time counts as redriven, and its source is rendered again.
   */
  IMAGEFLEET_LEASE_SECONDS: v.optional(wholeNumber(3, 43_200), "30"),
  /** A recipe that replaces the bundled one. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
  /** The namespace of the metrics in the log. Without it there are none. */
  IMAGEFLEET_METRICS_NAMESPACE: metricsNamespace,
  ...tracesVariables,
});

/**
 * Reads the environment. `memoryMib` is the smaller of the two memory variables.
 *
 * @throws Error with each variable that is missing or invalid
 */
export function readEnv() {
  const env = parseEnv("consume", envSchema, process.env);
  return { ...env, memoryMib: memoryMibOf("consume", env) };
}

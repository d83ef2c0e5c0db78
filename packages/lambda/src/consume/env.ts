import { name, parseEnv, sourceBuckets, url, wholeNumber } from "@imagefleet/core/env";
import { LOG_LEVELS, metricsNamespace } from "@imagefleet/core/telemetry";
import { tracesVariables } from "@imagefleet/core/traces";
import * as v from "valibot";

/** The variables that the function reads; Lambda and infra set them. */
const envSchema = v.object({
  AWS_REGION: name,
  AWS_ENDPOINT_URL: v.optional(url),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: wholeNumber(128, 10_240),
  IMAGEFLEET_RENDITION_BUCKET: name,
  IMAGEFLEET_SOURCE_BUCKETS: sourceBuckets,
  IMAGEFLEET_SMALL_QUEUE_URL: url,
  IMAGEFLEET_SMALL_DLQ_URL: url,
  IMAGEFLEET_LARGE_QUEUE_URL: url,
  /** The queue's own maxReceiveCount. */
  IMAGEFLEET_MAX_RECEIVES: v.optional(wholeNumber(1, 1000), "5"),
  /**
   * The queue's own visibility timeout, or less: what is sent half as long after its own time is
   * taken for a dead letter that was moved back, and is rendered again.
   */
  IMAGEFLEET_LEASE_SECONDS: v.optional(wholeNumber(3, 43_200), "30"),
  /** A recipe in place of the one that is bundled. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
  /** Whose metrics the log's lines are, in CloudWatch's embedded metric format; without it, nobody's. */
  IMAGEFLEET_METRICS_NAMESPACE: metricsNamespace,
  ...tracesVariables,
});

/** @throws Error naming each variable that is missing or wrong */
export function readEnv() {
  return parseEnv("consume", envSchema, process.env);
}

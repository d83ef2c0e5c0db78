import { name, parseEnv, sourceBuckets, url } from "@imagefleet/core/env";
import { LOG_LEVELS, metricsNamespace } from "@imagefleet/core/telemetry";
import * as v from "valibot";
import { functionMemoryVariables, memoryMibOf } from "../function-memory.ts";

/** The variables that the function reads. Lambda and infra set them. */
const envSchema = v.object({
  AWS_REGION: name,
  AWS_ENDPOINT_URL: v.optional(url),
  ...functionMemoryVariables,
  IMAGEFLEET_RENDITION_BUCKET: name,
  /** At least one: a request names no bucket. */
  IMAGEFLEET_SOURCE_BUCKETS: v.pipe(
    sourceBuckets,
    v.minLength(1, "it must be the name of a bucket"),
  ),
  IMAGEFLEET_SMALL_QUEUE_URL: url,
  IMAGEFLEET_LARGE_QUEUE_URL: url,
  /** A recipe that replaces the bundled one. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
  /** The namespace of the metrics in the log. Without it there are none. */
  IMAGEFLEET_METRICS_NAMESPACE: metricsNamespace,
});

/** Reads the environment. @throws Error with each variable that is missing or invalid */
export function readEnv() {
  const env = parseEnv("deliver", envSchema, process.env);
  return { ...env, memoryMib: memoryMibOf("deliver", env) };
}

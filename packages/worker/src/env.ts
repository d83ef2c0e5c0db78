import { tmpdir } from "node:os";
import { join } from "node:path";
import { name, names, parseEnv, url, wholeNumber } from "@imagefleet/core/env";
import { LOG_LEVELS } from "@imagefleet/core/telemetry";
import * as v from "valibot";

/** The variables that the worker reads; infra sets them. */
const envSchema = v.object({
  AWS_REGION: name,
  AWS_ENDPOINT_URL: v.optional(url),
  IMAGEFLEET_RENDITION_BUCKET: name,
  /** The buckets that sources come from: what would be written among them is refused. */
  IMAGEFLEET_SOURCE_BUCKETS: names,
  IMAGEFLEET_LARGE_QUEUE_URL: url,
  IMAGEFLEET_LARGE_DLQ_URL: url,
  /** The queue's own maxReceiveCount. */
  IMAGEFLEET_MAX_RECEIVES: v.optional(wholeNumber(1, 1000), "5"),
  /** A recipe in place of the one that is shipped. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
  /** Jobs at once; without it, by CPU. */
  IMAGEFLEET_JOBS: v.optional(wholeNumber(1, 64)),
  /** A lease's length: a crashed worker's message comes back after it. */
  IMAGEFLEET_LEASE_SECONDS: v.optional(wholeNumber(3, 43_200), "120"),
  /** How long one receive waits for messages; a stop waits for it too. */
  IMAGEFLEET_POLL_SECONDS: v.optional(wholeNumber(1, 20), "20"),
  /** How long a stop lets jobs in hand go on: under the container's own stop timeout (120 s). */
  IMAGEFLEET_DRAIN_SECONDS: v.optional(wholeNumber(0, 43_200), "90"),
  IMAGEFLEET_SCRATCH: v.optional(name, join(tmpdir(), "imagefleet")),
});

/** @throws Error naming each variable that is missing or wrong */
export function readEnv() {
  return parseEnv("the worker", envSchema, process.env);
}

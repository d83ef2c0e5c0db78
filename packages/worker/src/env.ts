import { name, parseEnv, sourceBuckets, url, wholeNumber } from "@imagefleet/core/env";
import { LANES, type Lane } from "@imagefleet/core/outcome";
import { LOG_LEVELS, metricsNamespace } from "@imagefleet/core/telemetry";
import { tracesVariables } from "@imagefleet/core/traces";
import * as v from "valibot";
import { healthVariables } from "./health/env.ts";

const laneNames = v.pipe(
  v.string(),
  v.regex(
    /^\s*(small|large)(\s*,\s*(small|large))*\s*$/,
    `it must be a list of lanes (${LANES.join(" or ")}), separated by commas`,
  ),
  v.transform((text) => LANES.filter((lane) => text.includes(lane))),
);

/** The variables that every worker reads. Infra sets them. */
const common = {
  AWS_REGION: name,
  AWS_ENDPOINT_URL: v.optional(url),
  IMAGEFLEET_RENDITION_BUCKET: name,
  IMAGEFLEET_SOURCE_BUCKETS: sourceBuckets,
  /** The lanes to drain: `large`, `small` or `small,large`. */
  IMAGEFLEET_LANES: v.optional(laneNames, "large"),
  /** Also needed for the small lane, which forwards to it. */
  IMAGEFLEET_LARGE_QUEUE_URL: url,
  /** Receives the sources whose renditions caches should forget. Without it they are left alone. */
  IMAGEFLEET_INVALIDATIONS_QUEUE_URL: v.optional(url),
  /** Receives what no event of a manifest tells the catalog. Without it there is no catalog. */
  IMAGEFLEET_CATALOG_QUEUE_URL: v.optional(url),
  /** The maxReceiveCount of the queues. */
  IMAGEFLEET_MAX_RECEIVES: v.optional(wholeNumber(1, 1000), "5"),
  /** A recipe that replaces the shipped one. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
  /** The namespace of the metrics in the log. Without it there are none. */
  IMAGEFLEET_METRICS_NAMESPACE: metricsNamespace,
  ...tracesVariables,
  /** How many jobs run concurrently, and how many are in flight per lane. Default: by CPUs. */
  IMAGEFLEET_JOBS: v.optional(wholeNumber(1, 64)),
  /** The length of a lease, s: after a crash its message is received again. */
  IMAGEFLEET_LEASE_SECONDS: v.optional(wholeNumber(3, 21_600), "120"),
  /** How long one receive waits for messages, s. A stop waits for it too. */
  IMAGEFLEET_POLL_SECONDS: v.optional(wholeNumber(1, 20), "20"),
  /** How long jobs in flight may go on after a stop, s: less than the container's stop timeout (120 s). */
  IMAGEFLEET_DRAIN_SECONDS: v.optional(wholeNumber(0, 43_200), "90"),
  /** The URL of ECS's agent. ECS sets it in a task. */
  ECS_AGENT_URI: v.optional(url),
  /** The URL of the task's metadata. ECS sets it in a task. */
  ECS_CONTAINER_METADATA_URI_V4: v.optional(url),
  ...healthVariables,
};

/** A lane to drain, and the URLs of its queues. */
export interface LaneUrls {
  readonly lane: Lane;
  readonly queue: string;
  readonly deadLetters: string;
}

/** Reads the environment of the worker. @throws Error with each variable that is missing or invalid */
export function readEnv(environment: Readonly<Record<string, string | undefined>> = process.env) {
  const chosen = v.safeParse(common.IMAGEFLEET_LANES, environment["IMAGEFLEET_LANES"]);
  const drained = (lane: Lane) => chosen.success && chosen.output.includes(lane);
  const small = drained("small") ? url : v.optional(url);
  const large = drained("large") ? url : v.optional(url);
  const schema = v.object({
    ...common,
    IMAGEFLEET_SMALL_QUEUE_URL: small,
    IMAGEFLEET_SMALL_DLQ_URL: small,
    IMAGEFLEET_LARGE_DLQ_URL: large,
  });
  const env = parseEnv("the worker", schema, environment);
  const {
    IMAGEFLEET_SMALL_QUEUE_URL: smallQueue,
    IMAGEFLEET_SMALL_DLQ_URL: smallDeadLetters,
    IMAGEFLEET_LARGE_QUEUE_URL: largeQueue,
    IMAGEFLEET_LARGE_DLQ_URL: largeDeadLetters,
  } = env;
  const lanes: LaneUrls[] = [];
  if (drained("small") && smallQueue !== undefined && smallDeadLetters !== undefined) {
    lanes.push({ lane: "small", queue: smallQueue, deadLetters: smallDeadLetters });
  }
  if (drained("large") && largeDeadLetters !== undefined) {
    lanes.push({ lane: "large", queue: largeQueue, deadLetters: largeDeadLetters });
  }
  return { ...env, lanes };
}

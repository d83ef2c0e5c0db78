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
    `it must name lanes, ${LANES.join(" or ")}, separated by commas`,
  ),
  v.transform((text) => LANES.filter((lane) => text.includes(lane))),
);

/** The variables that every worker reads; infra sets them. */
const common = {
  AWS_REGION: name,
  AWS_ENDPOINT_URL: v.optional(url),
  IMAGEFLEET_RENDITION_BUCKET: name,
  IMAGEFLEET_SOURCE_BUCKETS: sourceBuckets,
  /** Which lanes are drained: `large`, `small` or `small,large`. */
  IMAGEFLEET_LANES: v.optional(laneNames, "large"),
  /** Of a small lane too: what is too big for it goes there. */
  IMAGEFLEET_LARGE_QUEUE_URL: url,
  /** The queues' own maxReceiveCount. */
  IMAGEFLEET_MAX_RECEIVES: v.optional(wholeNumber(1, 1000), "5"),
  /** A recipe in place of the one that is shipped. */
  IMAGEFLEET_RECIPE: v.optional(name),
  IMAGEFLEET_LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS), "info"),
  /** Whose metrics the log's lines are, in CloudWatch's embedded metric format; without it, nobody's. */
  IMAGEFLEET_METRICS_NAMESPACE: metricsNamespace,
  ...tracesVariables,
  /** Jobs at once, and in hand of each lane; without it, by CPU. */
  IMAGEFLEET_JOBS: v.optional(wholeNumber(1, 64)),
  /** A lease's length: a crashed worker's message comes back after it. */
  IMAGEFLEET_LEASE_SECONDS: v.optional(wholeNumber(3, 21_600), "120"),
  /** How long one receive waits for messages; a stop waits for it too. */
  IMAGEFLEET_POLL_SECONDS: v.optional(wholeNumber(1, 20), "20"),
  /** How long a stop lets jobs in hand go on: under the container's own stop timeout (120 s). */
  IMAGEFLEET_DRAIN_SECONDS: v.optional(wholeNumber(0, 43_200), "90"),
  /** Where ECS's agent is asked, in a task; ECS sets it. */
  ECS_AGENT_URI: v.optional(url),
  /** Where a container is told of its task; ECS sets it. */
  ECS_CONTAINER_METADATA_URI_V4: v.optional(url),
  ...healthVariables,
};

/** A lane that is drained, and where its messages and dead letters are. */
export interface LaneUrls {
  readonly lane: Lane;
  readonly queue: string;
  readonly deadLetters: string;
}

/** @throws Error naming each variable that is missing or wrong */
export function readEnv(environment: Readonly<Record<string, string | undefined>> = process.env) {
  const asked = v.safeParse(common.IMAGEFLEET_LANES, environment["IMAGEFLEET_LANES"]);
  const drained = (lane: Lane) => asked.success && asked.output.includes(lane);
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

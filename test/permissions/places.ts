import { queueName, RENDITION_BUCKET, SOURCE_BUCKET } from "@imagefleet/local/resources";
import type { Places } from "./needs.ts";

const QUEUES = ["small", "small-dlq", "large", "large-dlq", "invalidations"] as const;

/**
 * The names of a local fleet's buckets and queues in grants.
 *
 * @param prefixes the recipe's `source.prefix` and `output.prefix`
 */
export function localPlaces(prefixes: {
  readonly source: string;
  readonly renditions: string;
}): Places {
  return {
    buckets: {
      [SOURCE_BUCKET]: { as: "source", prefix: prefixes.source },
      [RENDITION_BUCKET]: { as: "renditions", prefix: prefixes.renditions },
    },
    queues: Object.fromEntries(QUEUES.map((queue) => [queueName(queue), queue])),
  };
}

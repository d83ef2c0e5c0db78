import {
  queueName,
  REGION,
  RENDITION_BUCKET,
  SOURCE_BUCKET,
  TABLE,
  TOPIC,
} from "@imagefleet/local/resources";
import type { Places } from "./needs.ts";
import { CallRecorder } from "./recorder.ts";

const QUEUES = ["small", "small-dlq", "large", "large-dlq", "invalidations", "catalog"] as const;

/** The bus of EventBridge that the catalog function publishes to in tests. */
export const BUS = "imagefleet-bus";

/** The recipe's `source.prefix` and `output.prefix`. */
interface Prefixes {
  readonly source: string;
  readonly renditions: string;
}

/**
 * The names of a local fleet's resources in grants.
 *
 * @param parts of the objects below the prefixes, for a principal that only uses these
 */
export function localPlaces(prefixes: Prefixes, parts: Partial<Prefixes> = {}): Places {
  const { source = "", renditions = "" } = parts;
  return {
    buckets: {
      [SOURCE_BUCKET]: { as: "source", prefix: prefixes.source, part: source },
      [RENDITION_BUCKET]: { as: "renditions", prefix: prefixes.renditions, part: renditions },
    },
    queues: Object.fromEntries(QUEUES.map((queue) => [queueName(queue), queue])),
    tables: { [TABLE]: "table" },
    topics: { [`arn:aws:sns:${REGION}:000000000000:${TOPIC}`]: "topic" },
    buses: { [BUS]: "bus" },
  };
}

/** Records the calls of a local fleet. Two of its functions use a part of a bucket's objects only. */
export function localRecorder(prefixes: Prefixes): CallRecorder {
  return new CallRecorder(localPlaces(prefixes), {
    catalog: localPlaces(prefixes, { renditions: "manifests/" }),
    uploads: localPlaces(prefixes, { source: "uploads/" }),
  });
}

import type { Resources } from "../resources/index.ts";
import type { Places } from "./needs.ts";

/**
 * What the fleet's buckets and queues are called in its grants.
 *
 * @param prefixes the recipe's `source.prefix` and `output.prefix`
 */
export function placesOf(
  { sourceBucket, renditionBucket, lanes }: Resources,
  prefixes: { readonly source: string; readonly renditions: string },
): Places {
  return {
    buckets: {
      [sourceBucket]: { as: "source", prefix: prefixes.source },
      [renditionBucket]: { as: "renditions", prefix: prefixes.renditions },
    },
    queues: {
      [nameOf(lanes.small.url)]: "small",
      [nameOf(lanes.small.letters)]: "small-dlq",
      [nameOf(lanes.large.url)]: "large",
      [nameOf(lanes.large.letters)]: "large-dlq",
    },
  };
}

function nameOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

import type { Lane } from "@imagefleet/core/outcome";
import { asEnvironment, type Credentials, credentialsOf } from "../credentials/index.ts";
import { DISTRIBUTION_ID, MAX_RECEIVES, REGION, type Resources } from "../resources/index.ts";

/** The environment variables that infra sets in the cloud, for this machine. */
export function environments(options: {
  endpoint: string;
  credentials: Credentials;
  resources: Resources;
  /** The URL of their queue. */
  invalidations: string;
  /** The URL of the catalog's queue; undefined: there is no catalog. */
  catalog: string | undefined;
  recipe: URL;
  /** Each lane's visibility timeout, seconds. */
  leaseSeconds: Readonly<Record<Lane, number>>;
  scratch: string;
}): Record<"consume" | "deliver" | "invalidate" | "worker", Record<string, string>> {
  const { small, large } = options.resources.lanes;
  const common = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: options.endpoint,
    IMAGEFLEET_RENDITION_BUCKET: options.resources.renditionBucket,
    IMAGEFLEET_SOURCE_BUCKETS: options.resources.sourceBucket,
    IMAGEFLEET_LARGE_QUEUE_URL: large.url,
    IMAGEFLEET_RECIPE: options.recipe.href,
  };
  const reconciling = {
    IMAGEFLEET_MAX_RECEIVES: String(MAX_RECEIVES),
    IMAGEFLEET_INVALIDATIONS_QUEUE_URL: options.invalidations,
    ...(options.catalog !== undefined && { IMAGEFLEET_CATALOG_QUEUE_URL: options.catalog }),
  };
  const signing = (program: "function" | "deliver" | "invalidate" | "worker") =>
    asEnvironment(credentialsOf(program, options.credentials));
  return {
    consume: {
      ...common,
      ...reconciling,
      ...signing("function"),
      IMAGEFLEET_SMALL_QUEUE_URL: small.url,
      IMAGEFLEET_SMALL_DLQ_URL: small.deadLetters,
      IMAGEFLEET_LEASE_SECONDS: String(options.leaseSeconds.small),
    },
    deliver: {
      ...common,
      ...signing("deliver"),
      IMAGEFLEET_SMALL_QUEUE_URL: small.url,
    },
    invalidate: {
      ...signing("invalidate"),
      AWS_REGION: REGION,
      IMAGEFLEET_DISTRIBUTION_ID: DISTRIBUTION_ID,
      IMAGEFLEET_RECIPE: options.recipe.href,
    },
    worker: {
      ...common,
      ...reconciling,
      ...signing("worker"),
      IMAGEFLEET_LARGE_DLQ_URL: large.deadLetters,
      IMAGEFLEET_SCRATCH: options.scratch,
      IMAGEFLEET_LEASE_SECONDS: String(options.leaseSeconds.large),
      // Ctrl-C waits for the poll to end.
      IMAGEFLEET_POLL_SECONDS: "1",
      IMAGEFLEET_DRAIN_SECONDS: "20",
    },
  };
}

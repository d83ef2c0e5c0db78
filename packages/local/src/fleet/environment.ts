import type { Lane } from "@imagefleet/core/outcome";
import { MAX_RECEIVES, PROGRAM_CREDENTIALS, REGION, type Resources } from "../resources/index.ts";

/** What infra gives each program in the cloud, for this machine. */
export function environments(options: {
  endpoint: string;
  resources: Resources;
  recipe: URL;
  /** Each lane's visibility timeout, seconds. */
  leaseSeconds: Readonly<Record<Lane, number>>;
  scratch: string;
}): { consume: Record<string, string>; worker: Record<string, string> } {
  const { small, large } = options.resources.lanes;
  const common = {
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: options.endpoint,
    IMAGEFLEET_RENDITION_BUCKET: options.resources.renditionBucket,
    IMAGEFLEET_SOURCE_BUCKETS: options.resources.sourceBucket,
    IMAGEFLEET_LARGE_QUEUE_URL: large.url,
    IMAGEFLEET_MAX_RECEIVES: String(MAX_RECEIVES),
    IMAGEFLEET_RECIPE: options.recipe.href,
  };
  const signing = (program: keyof typeof PROGRAM_CREDENTIALS) => ({
    AWS_ACCESS_KEY_ID: PROGRAM_CREDENTIALS[program].accessKeyId,
    AWS_SECRET_ACCESS_KEY: PROGRAM_CREDENTIALS[program].secretAccessKey,
  });
  return {
    consume: {
      ...common,
      ...signing("function"),
      IMAGEFLEET_SMALL_QUEUE_URL: small.url,
      IMAGEFLEET_SMALL_DLQ_URL: small.letters,
      IMAGEFLEET_LEASE_SECONDS: String(options.leaseSeconds.small),
    },
    worker: {
      ...common,
      ...signing("worker"),
      IMAGEFLEET_LARGE_DLQ_URL: large.letters,
      IMAGEFLEET_SCRATCH: options.scratch,
      IMAGEFLEET_LEASE_SECONDS: String(options.leaseSeconds.large),
      // A stop waits for the poll: nobody waits 20 s for Ctrl-C.
      IMAGEFLEET_POLL_SECONDS: "1",
      IMAGEFLEET_DRAIN_SECONDS: "20",
    },
  };
}

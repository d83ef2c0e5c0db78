import type { Sandbox } from "./sandbox.ts";

/** The function's environment in a sandbox, as infra sets it. */
export function environmentIn({ region, endpoint, resources }: Sandbox): Record<string, string> {
  const { small, large } = resources.lanes;
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL: endpoint,
    IMAGEFLEET_RENDITION_BUCKET: resources.renditionBucket,
    IMAGEFLEET_SMALL_QUEUE_URL: small.url,
    IMAGEFLEET_SMALL_DLQ_URL: small.letters,
    IMAGEFLEET_LARGE_QUEUE_URL: large.url,
  };
}

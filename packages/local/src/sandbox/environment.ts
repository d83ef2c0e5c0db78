import { asEnvironment } from "../credentials/index.ts";
import type { Sandbox } from "./sandbox.ts";

/** The function's environment variables for such servers, as infra sets them. */
export function environmentIn({
  region,
  endpoint,
  credentials,
  resources,
}: Pick<Sandbox, "region" | "endpoint" | "credentials" | "resources">): Record<string, string> {
  const { small, large } = resources.lanes;
  return {
    AWS_REGION: region,
    ...asEnvironment(credentials),
    AWS_ENDPOINT_URL: endpoint,
    IMAGEFLEET_RENDITION_BUCKET: resources.renditionBucket,
    IMAGEFLEET_SMALL_QUEUE_URL: small.url,
    IMAGEFLEET_SMALL_DLQ_URL: small.deadLetters,
    IMAGEFLEET_LARGE_QUEUE_URL: large.url,
  };
}

import { asEnvironment } from "../credentials/index.ts";
import type { Sandbox } from "./sandbox.ts";

type Servers = Pick<Sandbox, "region" | "endpoint" | "credentials" | "resources">;

/** The function's environment variables for such servers, as infra sets them. */
export function environmentIn(servers: Servers): Record<string, string> {
  const { small } = servers.resources.lanes;
  return {
    ...common(servers),
    IMAGEFLEET_SMALL_QUEUE_URL: small.url,
    IMAGEFLEET_SMALL_DLQ_URL: small.deadLetters,
  };
}

/** The worker's, with short polls. */
export function workerEnvironmentIn(servers: Servers): Record<string, string> {
  return {
    ...common(servers),
    IMAGEFLEET_LARGE_DLQ_URL: servers.resources.lanes.large.deadLetters,
    IMAGEFLEET_POLL_SECONDS: "1",
  };
}

function common({ region, endpoint, credentials, resources }: Servers): Record<string, string> {
  return {
    AWS_REGION: region,
    ...asEnvironment(credentials),
    AWS_ENDPOINT_URL: endpoint,
    IMAGEFLEET_RENDITION_BUCKET: resources.renditionBucket,
    IMAGEFLEET_LARGE_QUEUE_URL: resources.lanes.large.url,
  };
}

import { fork } from "node:child_process";
import { once } from "node:events";
import { asEnvironment, credentialsOf } from "@imagefleet/local/credentials";
import { REGION } from "@imagefleet/local/resources";
import * as v from "valibot";
import type { Servers } from "../servers.ts";
import type { Server } from "./peers.ts";

const CHILD = new URL("fleet-child.ts", import.meta.url);
const RECIPE = new URL("recipe.ts", import.meta.url);

export const childSchema = v.object({
  endpoint: v.string(),
  renditionBucket: v.string(),
  credentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string() }),
  /** Of the function. */
  environment: v.record(v.string(), v.string()),
});
type ChildOptions = v.InferOutput<typeof childSchema>;

const readySchema = v.object({ url: v.string() });

/** What a viewer of the local fleet talks to: the edge, and behind it `deliver` as Lambda runs it. */
export async function startDelivery({ aws, resources }: Servers): Promise<Server> {
  const options: ChildOptions = {
    endpoint: aws.endpoint,
    renditionBucket: resources.renditionBucket,
    credentials: credentialsOf("edge", aws.credentials),
    environment: deliverEnvironment({ aws, resources }, aws.endpoint),
  };
  const child = fork(CHILD, [JSON.stringify(options)], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const exited = once(child, "exit");
  const early = exited.then(([code]) => {
    throw new Error(`the edge ended with ${code} before it was ready`);
  });
  early.catch(() => {});
  const [message] = await Promise.race([once(child, "message"), early]);
  const { url } = v.parse(readySchema, message);
  if (child.pid === undefined) throw new Error("the edge has no process id");
  return {
    url,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** The environment that infra sets for `deliver`, with these servers. */
export function deliverEnvironment(
  { aws, resources }: Pick<Servers, "aws" | "resources">,
  endpoint: string,
): Record<string, string> {
  const { sourceBucket, renditionBucket, lanes } = resources;
  return {
    AWS_REGION: REGION,
    ...asEnvironment(credentialsOf("deliver", aws.credentials)),
    AWS_ENDPOINT_URL: endpoint,
    IMAGEFLEET_RENDITION_BUCKET: renditionBucket,
    IMAGEFLEET_SOURCE_BUCKETS: sourceBucket,
    IMAGEFLEET_SMALL_QUEUE_URL: lanes.small.url,
    IMAGEFLEET_LARGE_QUEUE_URL: lanes.large.url,
    IMAGEFLEET_RECIPE: RECIPE.href,
  };
}

import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { runChild } from "../measure/child.ts";
import type { Start } from "./figures.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** The environment of both functions. Nothing in it is called during the start. */
const ENVIRONMENT = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "none",
  AWS_SECRET_ACCESS_KEY: "none",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "2048",
  IMAGEFLEET_RENDITION_BUCKET: "renditions",
  IMAGEFLEET_SOURCE_BUCKETS: "sources",
  IMAGEFLEET_SMALL_QUEUE_URL: "http://127.0.0.1:9/small",
  IMAGEFLEET_SMALL_DLQ_URL: "http://127.0.0.1:9/small-dlq",
  IMAGEFLEET_LARGE_QUEUE_URL: "http://127.0.0.1:9/large",
};

const startSchema = v.object({ wallMs: v.number(), cpuMs: v.number() });

/**
 * Imports modules in fresh processes, in a changing order.
 *
 * @param modules the URLs that each contestant imports, one after another
 */
export async function measureStarts<Name extends string>(
  modules: ReadonlyMap<Name, readonly string[]>,
  rounds: number,
  signal: AbortSignal,
): Promise<Map<Name, Start[]>> {
  const start = (urls: readonly string[]): Promise<Start> =>
    runChild([CHILD, ...urls], startSchema, { env: ENVIRONMENT, signal });
  const starts = new Map([...modules.keys()].map((name): [Name, Start[]] => [name, []]));
  const order = [...modules];
  // Not counted: this warms the disk cache.
  for (const [, urls] of order) await start(urls);
  for (let round = 0; round < rounds; round++) {
    for (const [name, urls] of order) starts.get(name)?.push(await start(urls));
    order.push(...order.splice(0, 1));
  }
  return starts;
}

import { once } from "node:events";
import { FUNCTION_BYTES } from "@imagefleet/core/plan";
import { compileEdge } from "@imagefleet/edge";
import { startEdge } from "@imagefleet/local/edge";
import { startFunction, startFunctionUrl } from "@imagefleet/local/function";
import * as v from "valibot";
import { childSchema } from "./fleet.ts";
import recipe from "./recipe.ts";

/** Those of the local fleet. */
const TIMEOUT_MS = 25_000;
const MAXIMUM_CONCURRENCY = 10;
const SECRET = "bench";

// Run as a child of `startDelivery`: the edge, the function URL and the function's processes, so that
// their CPU time is not that of the viewers, which are in the parent.
const options = v.parse(childSchema, JSON.parse(process.argv[2] ?? ""));
const fn = startFunction({
  name: "imagefleet-deliver",
  handler: new URL(import.meta.resolve("@imagefleet/lambda/deliver/handler")),
  exportName: "handler",
  memoryBytes: FUNCTION_BYTES,
  timeoutMs: TIMEOUT_MS,
  maximumConcurrency: MAXIMUM_CONCURRENCY,
  environment: options.environment,
  onLog: () => {},
});
const functionUrl = await startFunctionUrl({ fn, secret: SECRET });
const edge = await startEdge({
  functions: compileEdge(recipe),
  bucket: {
    endpoint: options.endpoint,
    name: options.renditionBucket,
    credentials: options.credentials,
  },
  functionUrl: { url: functionUrl.url, secret: SECRET },
});
process.on("SIGINT", () => {});
process.send?.({ url: edge.url });
await once(process, "disconnect");
await edge.close();
await functionUrl.close();
await fn.stop();

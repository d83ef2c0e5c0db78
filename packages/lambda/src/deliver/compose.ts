import { availableParallelism } from "node:os";
import type { DeliverResources } from "@imagefleet/core/deliver";
import { configureCodec } from "@imagefleet/core/image";
import { functionMemory } from "@imagefleet/core/plan";
import { openFleet } from "@imagefleet/core/program";
import { Queue } from "@imagefleet/core/queue";
import { MemorySemaphore } from "@imagefleet/core/semaphore";
import { createTelemetry, type Telemetry } from "@imagefleet/core/telemetry";
import shippedRecipe from "@imagefleet/workspace/recipe";
import { readEnv } from "./env.ts";

const MIB = 1024 * 1024;

/** The objects of the function. */
export interface Deliver extends Telemetry {
  readonly resources: Omit<DeliverResources, "settleSeconds">;
}

/** Creates the objects of the function from its environment. @throws Error naming each invalid variable */
export async function compose(): Promise<Deliver> {
  const env = readEnv();
  const { sqs, recipe, sources, renditions } = await openFleet(env, shippedRecipe);
  configureCodec({ threads: availableParallelism() });
  // Lambda gives each process one request at a time. A render that outlasted its request still runs.
  const { renderBytes } = functionMemory({
    functionBytes: env.memoryMib * MIB,
    sourceBytes: recipe.lanes.smallBytes,
    renders: 1,
  });
  return {
    ...createTelemetry("deliver", env.IMAGEFLEET_LOG_LEVEL, env.IMAGEFLEET_METRICS_NAMESPACE),
    resources: {
      recipe,
      sources,
      renditions,
      memoryBytes: renderBytes,
      renderSemaphore: new MemorySemaphore({ bytes: renderBytes, slots: 1 }).run,
      sourceBuckets: env.IMAGEFLEET_SOURCE_BUCKETS,
      small: new Queue(sqs, env.IMAGEFLEET_SMALL_QUEUE_URL),
      large: new Queue(sqs, env.IMAGEFLEET_LARGE_QUEUE_URL),
      now: Date.now,
    },
  };
}

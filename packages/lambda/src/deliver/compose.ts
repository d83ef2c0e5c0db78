import { availableParallelism } from "node:os";
import { createS3, createSqs } from "@imagefleet/core/aws";
import type { DeliverResources } from "@imagefleet/core/deliver";
import { configureCodec } from "@imagefleet/core/image";
import { functionMemory } from "@imagefleet/core/plan";
import { Queue } from "@imagefleet/core/queue";
import { refuseRecursion } from "@imagefleet/core/recipe";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { MemorySemaphore } from "@imagefleet/core/semaphore";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
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
  const client = { region: env.AWS_REGION, endpoint: env.AWS_ENDPOINT_URL };
  const s3 = createS3(client);
  const sqs = createSqs(client);
  const recipe =
    env.IMAGEFLEET_RECIPE === undefined ? shippedRecipe : await loadRecipe(env.IMAGEFLEET_RECIPE);
  refuseRecursion(recipe, {
    sources: env.IMAGEFLEET_SOURCE_BUCKETS,
    renditions: env.IMAGEFLEET_RENDITION_BUCKET,
  });
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
      sources: new SourceStore(s3),
      renditions: new RenditionStore(s3, env.IMAGEFLEET_RENDITION_BUCKET),
      memoryBytes: renderBytes,
      renderSemaphore: new MemorySemaphore({ bytes: renderBytes, slots: 1 }).run,
      sourceBuckets: env.IMAGEFLEET_SOURCE_BUCKETS,
      small: new Queue(sqs, env.IMAGEFLEET_SMALL_QUEUE_URL),
      large: new Queue(sqs, env.IMAGEFLEET_LARGE_QUEUE_URL),
      now: Date.now,
    },
  };
}

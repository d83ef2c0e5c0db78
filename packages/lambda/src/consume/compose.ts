import { availableParallelism } from "node:os";
import type { AttemptContext } from "@imagefleet/core/attempt";
import { configureCodec } from "@imagefleet/core/image";
import { functionMemory } from "@imagefleet/core/plan";
import { openFleet } from "@imagefleet/core/program";
import { Queue } from "@imagefleet/core/queue";
import { MemorySemaphore } from "@imagefleet/core/semaphore";
import { createTelemetry } from "@imagefleet/core/telemetry";
import { openTraces } from "@imagefleet/core/traces";
import shippedRecipe from "@imagefleet/workspace/recipe";
import { readEnv } from "./env.ts";

const MIB = 1024 * 1024;

/** The objects of the function. */
export interface Consume {
  readonly attempt: AttemptContext;
  /** The queue of the small lane. */
  readonly queue: Queue;
  /** How many source groups are attempted concurrently, including those that only download. */
  readonly inFlight: number;
}

/** Creates the objects of the function from its environment. @throws Error naming each invalid variable */
export async function compose(): Promise<Consume> {
  const env = readEnv();
  const { s3, sqs, recipe, sources, renditions } = await openFleet(env, shippedRecipe);
  const renders = availableParallelism();
  const { inFlight, renderBytes } = functionMemory({
    functionBytes: env.memoryMib * MIB,
    sourceBytes: recipe.lanes.smallBytes,
    renders,
  });
  configureCodec({ threads: renders });
  const level = env.IMAGEFLEET_LOG_LEVEL;
  const telemetry = createTelemetry("consume", level, env.IMAGEFLEET_METRICS_NAMESPACE);
  const traces = await openTraces({
    program: "consume",
    url: env.IMAGEFLEET_TRACES_URL,
    share: env.IMAGEFLEET_TRACES_SHARE,
    region: env.AWS_REGION,
    aws: s3,
    log: telemetry.log,
  });
  const invalidations = env.IMAGEFLEET_INVALIDATIONS_QUEUE_URL;
  const catalog = env.IMAGEFLEET_CATALOG_QUEUE_URL;
  return {
    queue: new Queue(sqs, env.IMAGEFLEET_SMALL_QUEUE_URL),
    inFlight,
    attempt: {
      lane: "small",
      reconcile: {
        recipe,
        sources,
        renditions,
        memoryBytes: renderBytes,
        renderSemaphore: new MemorySemaphore({ bytes: renderBytes, slots: renders }).run,
      },
      large: new Queue(sqs, env.IMAGEFLEET_LARGE_QUEUE_URL),
      deadLetters: new Queue(sqs, env.IMAGEFLEET_SMALL_DLQ_URL),
      ...(invalidations !== undefined && { invalidations: new Queue(sqs, invalidations) }),
      ...(catalog !== undefined && { catalog: new Queue(sqs, catalog) }),
      maxReceives: env.IMAGEFLEET_MAX_RECEIVES,
      sourceBuckets: env.IMAGEFLEET_SOURCE_BUCKETS,
      leaseSeconds: env.IMAGEFLEET_LEASE_SECONDS,
      ...telemetry,
      traces,
      now: Date.now,
      random: Math.random,
    },
  };
}

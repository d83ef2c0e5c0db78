import { availableParallelism } from "node:os";
import type { AttemptContext } from "@imagefleet/core/attempt";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { MemoryGate } from "@imagefleet/core/gate";
import { configureCodec } from "@imagefleet/core/image";
import { functionMemory } from "@imagefleet/core/plan";
import { Queue } from "@imagefleet/core/queue";
import { refuseRecursion } from "@imagefleet/core/recipe";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { createVoice } from "@imagefleet/core/telemetry";
import { openTraces } from "@imagefleet/core/traces";
import shippedRecipe from "../../../../recipe.ts";
import { readEnv } from "./env.ts";

const MIB = 1024 * 1024;

/** The function, wired: environment in, objects out. */
export interface Consume {
  readonly attempt: AttemptContext;
  /** The lane's queue. */
  readonly queue: Queue;
  /** How many are worked on at once, fetched ahead and rendered. */
  readonly inHand: number;
}

export async function compose(): Promise<Consume> {
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
  const renders = availableParallelism();
  const { inHand, renderBytes } = functionMemory({
    functionBytes: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE * MIB,
    sourceBytes: recipe.lanes.smallBytes,
    renders,
  });
  configureCodec({ threads: renders });
  const level = env.IMAGEFLEET_LOG_LEVEL;
  const voice = createVoice("consume", level, env.IMAGEFLEET_METRICS_NAMESPACE);
  const traces = await openTraces({
    program: "consume",
    url: env.IMAGEFLEET_TRACES_URL,
    share: env.IMAGEFLEET_TRACES_SHARE,
    region: env.AWS_REGION,
    aws: s3,
    log: voice.log,
  });
  return {
    queue: new Queue(sqs, env.IMAGEFLEET_SMALL_QUEUE_URL),
    inHand,
    attempt: {
      lane: "small",
      reconcile: {
        lane: "small",
        recipe,
        sources: new SourceStore(s3),
        renditions: new RenditionStore(s3, env.IMAGEFLEET_RENDITION_BUCKET),
        memoryBytes: renderBytes,
        renderGate: new MemoryGate({ bytes: renderBytes, places: renders }).run,
      },
      large: new Queue(sqs, env.IMAGEFLEET_LARGE_QUEUE_URL),
      letters: new Queue(sqs, env.IMAGEFLEET_SMALL_DLQ_URL),
      maxReceives: env.IMAGEFLEET_MAX_RECEIVES,
      sourceBuckets: env.IMAGEFLEET_SOURCE_BUCKETS,
      leaseSeconds: env.IMAGEFLEET_LEASE_SECONDS,
      ...voice,
      traces,
      now: Date.now,
      random: Math.random,
    },
  };
}

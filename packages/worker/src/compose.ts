import { availableParallelism, totalmem } from "node:os";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { configureCodec } from "@imagefleet/core/image";
import { Queue } from "@imagefleet/core/queue";
import { refuseRecursion } from "@imagefleet/core/recipe";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import { createLog } from "@imagefleet/core/telemetry";
import pLimit from "p-limit";
import shippedRecipe from "../../../recipe.ts";
import { readEnv } from "./env.ts";
import { openScratch } from "./scratch.ts";
import type { WorkOptions } from "./work.ts";

/** The part of the container's memory that jobs may reach: the rest is Node's, and room for error. */
const USABLE = 0.7;

/** The worker, wired: environment in, objects out. */
export async function compose(stop: AbortSignal): Promise<WorkOptions> {
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
  const cpus = availableParallelism();
  const jobs = env.IMAGEFLEET_JOBS ?? Math.max(1, Math.floor(cpus / 2));
  configureCodec({ threads: cpus });
  return {
    queue: new Queue(sqs, env.IMAGEFLEET_LARGE_QUEUE_URL),
    jobs,
    leaseSeconds: env.IMAGEFLEET_LEASE_SECONDS,
    pollSeconds: env.IMAGEFLEET_POLL_SECONDS,
    drainSeconds: env.IMAGEFLEET_DRAIN_SECONDS,
    stop,
    attempt: {
      lane: "large",
      reconcile: {
        lane: "large",
        recipe,
        sources: new SourceStore(s3),
        renditions: new RenditionStore(s3, env.IMAGEFLEET_RENDITION_BUCKET),
        memoryBytes: Math.floor((memoryLimitBytes() * USABLE) / jobs),
        renderGate: pLimit(jobs),
        scratch: await openScratch(env.IMAGEFLEET_SCRATCH, process.pid),
      },
      large: new Queue(sqs, env.IMAGEFLEET_LARGE_QUEUE_URL),
      letters: new Queue(sqs, env.IMAGEFLEET_LARGE_DLQ_URL),
      maxReceives: env.IMAGEFLEET_MAX_RECEIVES,
      leaseSeconds: env.IMAGEFLEET_LEASE_SECONDS,
      log: createLog("worker", env.IMAGEFLEET_LOG_LEVEL),
      now: Date.now,
      random: Math.random,
    },
  };
}

/** The container's own limit where there is one, else the machine's memory; bytes. */
function memoryLimitBytes(): number {
  return Math.min(process.constrainedMemory() || totalmem(), totalmem());
}

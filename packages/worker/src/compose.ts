import { availableParallelism } from "node:os";
import { configureCodec } from "@imagefleet/core/image";
import { openFleet } from "@imagefleet/core/program";
import { Queue } from "@imagefleet/core/queue";
import { MemorySemaphore } from "@imagefleet/core/semaphore";
import { Scratch } from "@imagefleet/core/store";
import { createTelemetry } from "@imagefleet/core/telemetry";
import { openTraces } from "@imagefleet/core/traces";
import shippedRecipe from "@imagefleet/workspace/recipe";
import { readEnv } from "./env.ts";
import { healthFile } from "./health/env.ts";
import { Health } from "./health/health.ts";
import { memoryLimitBytes } from "./memory.ts";
import { TaskProtection } from "./protection.ts";
import { openScratch } from "./scratch.ts";
import type { WorkOptions } from "./work.ts";

/** The share of the memory limit for jobs. The rest is for Node, with a margin. */
const USABLE = 0.7;

export interface Worker extends WorkOptions {
  /** The memory of all jobs together, bytes. Each job is planned within it. */
  readonly memoryBytes: number;
}

/**
 * Creates the objects of the worker from its environment.
 *
 * @param stop aborted when the worker must stop
 * @throws Error with each variable that is missing or invalid
 */
export async function compose(stop: AbortSignal): Promise<Worker> {
  const env = readEnv();
  const { s3, sqs, recipe, sources, renditions } = await openFleet(env, shippedRecipe);
  const cpus = availableParallelism();
  const jobs = env.IMAGEFLEET_JOBS ?? Math.max(1, Math.floor(cpus / 2));
  configureCodec({ threads: cpus });
  const level = env.IMAGEFLEET_LOG_LEVEL;
  const telemetry = createTelemetry("worker", level, env.IMAGEFLEET_METRICS_NAMESPACE);
  const { log } = telemetry;
  const limit = await memoryLimitBytes({ metadata: env.ECS_CONTAINER_METADATA_URI_V4, log });
  const memoryBytes = Math.floor(limit * USABLE);
  const traces = await openTraces({
    program: "worker",
    url: env.IMAGEFLEET_TRACES_URL,
    share: env.IMAGEFLEET_TRACES_SHARE,
    region: env.AWS_REGION,
    aws: s3,
    log,
  });
  const shared = {
    recipe,
    sources,
    renditions,
    // One semaphore for all lanes, first come, first served: none starves another.
    memoryBytes,
    renderSemaphore: new MemorySemaphore({ bytes: memoryBytes, slots: jobs }).run,
    scratch: new Scratch(await openScratch(env.IMAGEFLEET_SCRATCH, process.pid)),
  };
  const invalidations = env.IMAGEFLEET_INVALIDATIONS_QUEUE_URL;
  const catalog = env.IMAGEFLEET_CATALOG_QUEUE_URL;
  return {
    lanes: env.lanes.map(({ lane, queue, deadLetters }) => ({
      queue: new Queue(sqs, queue),
      attempt: {
        lane,
        reconcile: shared,
        large: new Queue(sqs, env.IMAGEFLEET_LARGE_QUEUE_URL),
        deadLetters: new Queue(sqs, deadLetters),
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
    })),
    jobs,
    memoryBytes,
    log,
    traces,
    random: Math.random,
    leaseSeconds: env.IMAGEFLEET_LEASE_SECONDS,
    pollSeconds: env.IMAGEFLEET_POLL_SECONDS,
    drainSeconds: env.IMAGEFLEET_DRAIN_SECONDS,
    health: new Health(healthFile(env), {
      everyMs: env.IMAGEFLEET_HEALTH_SECONDS * 1000,
      log,
    }),
    protection: new TaskProtection({ agent: env.ECS_AGENT_URI, log }),
    stop,
  };
}

import { join } from "node:path";
import { type Fleet, transformed } from "./context.ts";
import { decoderThread } from "./decoder.ts";
import { LOG_RETENTION } from "./numbers.ts";
import { program, sharpVersion } from "./programs.ts";
import type { Lanes, QueuePair } from "./queues.ts";
import type { PollerSettings } from "./settings-schema.ts";
import type { Stores } from "./storage.ts";
import type { Telemetry } from "./telemetry.ts";

/** What the programs work on, and tell of themselves. */
export interface Parts {
  readonly stores: Stores;
  readonly lanes: Lanes;
  readonly telemetry: Telemetry;
}

/** What one function has for itself. */
interface Own
  extends Pick<sst.aws.FunctionArgs, "permissions" | "streaming" | "url" | "concurrency"> {
  /** The function's folder in packages/lambda/src. */
  readonly folder: string;
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly environment: Record<string, $util.Input<string>>;
}

/** What a function's package contains besides its bundle and the recipe. */
interface Package {
  /** Packages with binaries, by name and version. */
  readonly install?: Record<string, string>;
  readonly files?: { from: string; to: string }[];
}

/** A function that renders, with the names of the buckets and queues. */
export function makeRenderer(
  fleet: Fleet,
  part: string,
  { stores, lanes }: Parts,
  { environment, ...own }: Own,
): sst.aws.Function {
  return makeFunction(fleet, part, {
    ...own,
    environment: {
      IMAGEFLEET_RENDITION_BUCKET: stores.renditions.name,
      IMAGEFLEET_SOURCE_BUCKETS: stores.source.name,
      IMAGEFLEET_SMALL_QUEUE_URL: lanes.small.queue.url,
      IMAGEFLEET_LARGE_QUEUE_URL: lanes.large.queue.url,
      IMAGEFLEET_FUNCTION_MEMORY_MB: String(own.memoryMb),
      ...environment,
    },
    // sharp's binary for the function's architecture, in the lockfile's version.
    install: { sharp: sharpVersion() },
    files: [decoderThread()],
  });
}

/** A function of packages/lambda, with the recipe. */
export function makeFunction(
  fleet: Fleet,
  part: string,
  { folder, memoryMb, timeoutSeconds, environment, install, files = [], ...more }: Own & Package,
): sst.aws.Function {
  const { name, recipe, retained, within } = fleet;
  return new sst.aws.Function(
    ...transformed<sst.aws.FunctionArgs>(
      fleet.transform.function,
      `${name}${part}`,
      {
        ...more,
        handler: program(`packages/lambda/src/${folder}/handler.ts`).replace(/\.\w+$/, ".handler"),
        runtime: "nodejs24.x",
        architecture: "arm64",
        memory: `${memoryMb} MB`,
        timeout: `${timeoutSeconds} seconds`,
        environment: { IMAGEFLEET_RECIPE: recipe.file, ...environment },
        nodejs: {
          ...(install && { install }),
          // Dynamic imports (traces, credential providers) become files of their own, which a cold start
          // does not parse.
          splitting: true,
        },
        copyFiles: [...files, { from: join(recipe.folder, recipe.file), to: recipe.file }],
        logging: { retention: retained ? LOG_RETENTION.production : LOG_RETENTION.other },
      },
      within,
    ),
  );
}

interface Source {
  readonly batchSize: number;
  /** How long Lambda gathers a batch, s. */
  readonly windowSeconds: number;
  /** The most functions at once. AWS refuses a mapping that has both it and pollers. */
  readonly concurrency?: number | undefined;
  readonly pollers?: PollerSettings | undefined;
}

/** Has Lambda call a function with a queue's messages, with partial batch responses. */
export function consumeBy(
  { name, within }: Fleet,
  part: string,
  { queue }: QueuePair,
  fn: sst.aws.Function,
  { batchSize, windowSeconds, concurrency, pollers }: Source,
): void {
  new aws.lambda.EventSourceMapping(
    `${name}${part}Mapping`,
    {
      eventSourceArn: queue.arn,
      functionName: fn.arn,
      batchSize,
      maximumBatchingWindowInSeconds: windowSeconds,
      functionResponseTypes: ["ReportBatchItemFailures"],
      // Not the function's reserved concurrency: a throttled message counts as received.
      ...(concurrency && { scalingConfig: { maximumConcurrency: concurrency } }),
      ...(pollers && {
        provisionedPollerConfig: { minimumPollers: pollers.min, maximumPollers: pollers.max },
      }),
    },
    within,
  );
}

import { join } from "node:path";
import { type Fleet, transformed } from "./context.ts";
import { decoderThread } from "./decoder.ts";
import { LOG_RETENTION } from "./numbers.ts";
import { program, sharpVersion } from "./programs.ts";
import type { Lanes } from "./queues.ts";
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

/** A function of packages/lambda, with the recipe and the names of the buckets and queues. */
export function makeFunction(
  fleet: Fleet,
  part: string,
  { stores, lanes }: Parts,
  { folder, memoryMb, timeoutSeconds, environment, ...more }: Own,
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
        environment: {
          IMAGEFLEET_RECIPE: recipe.file,
          IMAGEFLEET_RENDITION_BUCKET: stores.renditions.name,
          IMAGEFLEET_SOURCE_BUCKETS: stores.source.name,
          IMAGEFLEET_SMALL_QUEUE_URL: lanes.small.queue.url,
          IMAGEFLEET_LARGE_QUEUE_URL: lanes.large.queue.url,
          IMAGEFLEET_FUNCTION_MEMORY_MB: String(memoryMb),
          ...environment,
        },
        nodejs: {
          // sharp's binary for the function's architecture, in the lockfile's version.
          install: { sharp: sharpVersion() },
          // Dynamic imports (traces, credential providers) become files of their own, which a cold start
          // does not parse.
          splitting: true,
        },
        copyFiles: [decoderThread(), { from: join(recipe.folder, recipe.file), to: recipe.file }],
        logging: { retention: retained ? LOG_RETENTION.production : LOG_RETENTION.other },
      },
      within,
    ),
  );
}

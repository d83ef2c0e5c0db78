import { readFileSync } from "node:fs";
import { join } from "node:path";
import recipe from "../recipe.ts";
import { draining, sending, storeAccess } from "./access.ts";
import { decoderThread } from "./decoder.ts";
import { CONSUME, LOG_RETENTION, QUEUES } from "./numbers.ts";
import { large, small, smallPolicy } from "./queues.ts";
import { retained, settings } from "./stage.ts";
import { renditions, source } from "./storage.ts";
import { telemetry, tracing } from "./telemetry.ts";

/** Takes up to ten messages of the small lane; what fails comes back alone. */
export const consume = new sst.aws.Function("Consume", {
  description: "Imagefleet: the small lane, ten messages a batch",
  handler: "packages/lambda/src/consume/handler.handler",
  runtime: "nodejs24.x",
  architecture: "arm64",
  memory: `${CONSUME.memoryMb} MB`,
  timeout: `${CONSUME.timeoutSeconds} seconds`,
  environment: {
    IMAGEFLEET_RENDITION_BUCKET: renditions.name,
    IMAGEFLEET_SOURCE_BUCKETS: source.name,
    IMAGEFLEET_SMALL_QUEUE_URL: small.queue.url,
    IMAGEFLEET_SMALL_DLQ_URL: small.letters.url,
    IMAGEFLEET_LARGE_QUEUE_URL: large.queue.url,
    IMAGEFLEET_MAX_RECEIVES: String(QUEUES.maxReceives),
    IMAGEFLEET_LEASE_SECONDS: String(CONSUME.timeoutSeconds * CONSUME.visibilityPerTimeout),
    ...telemetry,
  },
  nodejs: {
    // sharp's binary for the function's processor, at the version of the lockfile.
    install: { sharp: installedVersion("sharp") },
    // What is imported when it is needed (traces, ways to credentials) is a file of its own, and
    // not parsed at each start.
    splitting: true,
  },
  copyFiles: [await decoderThread()],
  permissions: [
    ...storeAccess,
    draining(small.queue, "sqs:GetQueueAttributes"),
    sending(small.letters),
    sending(large.queue),
    ...tracing,
  ],
  logging: { retention: retained ? LOG_RETENTION.production : LOG_RETENTION.other },
});

new aws.lambda.EventSourceMapping("ConsumeMapping", {
  eventSourceArn: small.queue.arn,
  functionName: consume.arn,
  batchSize: CONSUME.batchSize,
  maximumBatchingWindowInSeconds: CONSUME.windowSeconds,
  functionResponseTypes: ["ReportBatchItemFailures"],
  // Not by the function's reserved concurrency: what that throttles counts as received.
  scalingConfig: { maximumConcurrency: settings.functionConcurrency },
});

if (settings.source === "new" || settings.source.notifications === "replace") {
  new aws.s3.BucketNotification(
    "SourceNotification",
    {
      bucket: source.name,
      queues: [
        {
          id: "imagefleet",
          queueArn: small.queue.arn,
          events: [
            "s3:ObjectCreated:*",
            "s3:ObjectRemoved:*",
            // What a lifecycle rule removes is no ObjectRemoved.
            "s3:LifecycleExpiration:*",
            "s3:ObjectRestore:Completed",
          ],
          // Suffixes stay with the recipe: S3 compares them with case.
          ...(recipe.source.prefix === "" ? {} : { filterPrefix: recipe.source.prefix }),
        },
      ],
    },
    // S3 sends a test event at once, and refuses a queue that does not take it.
    { dependsOn: smallPolicy },
  );
}

function installedVersion(name: string): string {
  const file = join($cli.paths.root, "packages/core/node_modules", name, "package.json");
  const { version }: { version: string } = JSON.parse(readFileSync(file, "utf8"));
  return version;
}

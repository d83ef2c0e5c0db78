import { join } from "node:path";
import { draining, sending, storeAccess } from "./access.ts";
import { type Fleet, transformed } from "./context.ts";
import { decoderThread } from "./decoder.ts";
import { CONSUME, LOG_RETENTION, QUEUES } from "./numbers.ts";
import { program, sharpVersion } from "./programs.ts";
import { type Lanes, sourceRule } from "./queues.ts";
import type { Storage, Stores } from "./storage.ts";
import type { Telemetry } from "./telemetry.ts";

interface Surroundings {
  readonly stores: Stores;
  readonly lanes: Lanes;
  readonly telemetry: Telemetry;
}

/** Takes up to ten messages of the small lane; what fails comes back alone. */
export function makeConsume(
  fleet: Fleet,
  { stores, lanes, telemetry }: Surroundings,
): sst.aws.Function {
  const { name, recipe, settings, retained, within } = fleet;
  const { source, renditions } = stores;
  const { small, large } = lanes;
  const consume = new sst.aws.Function(
    ...transformed<sst.aws.FunctionArgs>(
      fleet.transform.function,
      `${name}Consume`,
      {
        description: "Imagefleet: the small lane, ten messages a batch",
        handler: program("packages/lambda/src/consume/handler.ts").replace(/\.\w+$/, ".handler"),
        runtime: "nodejs24.x",
        architecture: "arm64",
        memory: `${CONSUME.memoryMb} MB`,
        timeout: `${CONSUME.timeoutSeconds} seconds`,
        environment: {
          IMAGEFLEET_RECIPE: recipe.file,
          IMAGEFLEET_RENDITION_BUCKET: renditions.name,
          IMAGEFLEET_SOURCE_BUCKETS: source.name,
          IMAGEFLEET_SMALL_QUEUE_URL: small.queue.url,
          IMAGEFLEET_SMALL_DLQ_URL: small.dlq.url,
          IMAGEFLEET_LARGE_QUEUE_URL: large.queue.url,
          IMAGEFLEET_MAX_RECEIVES: String(QUEUES.maxReceives),
          IMAGEFLEET_LEASE_SECONDS: String(CONSUME.timeoutSeconds * CONSUME.visibilityPerTimeout),
          IMAGEFLEET_FUNCTION_MEMORY_MB: String(CONSUME.memoryMb),
          ...telemetry.environment,
        },
        nodejs: {
          // sharp's binary for the function's processor, at the version of the lockfile.
          install: { sharp: sharpVersion() },
          // What is imported when it is needed (traces, ways to credentials) is a file of its own, and
          // not parsed at each start.
          splitting: true,
        },
        copyFiles: [decoderThread(), { from: join(recipe.folder, recipe.file), to: recipe.file }],
        permissions: [
          ...storeAccess(fleet, stores),
          draining(small.queue, "sqs:GetQueueAttributes"),
          sending(small.dlq),
          sending(large.queue),
          ...telemetry.tracing,
        ],
        logging: { retention: retained ? LOG_RETENTION.production : LOG_RETENTION.other },
      },
      within,
    ),
  );
  new aws.lambda.EventSourceMapping(
    `${name}ConsumeMapping`,
    {
      eventSourceArn: small.queue.arn,
      functionName: consume.arn,
      batchSize: CONSUME.batchSize,
      maximumBatchingWindowInSeconds: CONSUME.windowSeconds,
      functionResponseTypes: ["ReportBatchItemFailures"],
      // Not by the function's reserved concurrency: what that throttles counts as received.
      scalingConfig: { maximumConcurrency: settings.functionConcurrency },
    },
    within,
  );
  return consume;
}

/** Has the source bucket tell the small lane what happens in it, in the way that the settings say. */
export function listen(fleet: Fleet, source: Storage, lanes: Lanes): void {
  const { settings } = fleet;
  if (settings.source === "new" || settings.source.notifications === "replace") {
    notify(fleet, source, lanes);
  } else if (settings.source.notifications === "eventbridge") {
    hear(fleet, source, lanes);
  }
}

function notify(
  { name, recipe, within }: Fleet,
  source: Storage,
  { small, smallPolicy }: Lanes,
): void {
  new aws.s3.BucketNotification(
    `${name}SourceNotification`,
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
    { ...within, dependsOn: smallPolicy },
  );
}

/**
 * Rules of the default bus are many to a bucket. The bucket itself must send to EventBridge.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
function hear(fleet: Fleet, source: Storage, { small, smallPolicy }: Lanes): void {
  const { name, recipe, within } = fleet;
  const rule = new aws.cloudwatch.EventRule(
    `${name}SourceEvents`,
    {
      name: sourceRule(fleet),
      description: "Imagefleet: what happens in the source bucket",
      eventPattern: $jsonStringify({
        source: ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted", "Object Restore Completed"],
        detail: {
          bucket: { name: [source.name] },
          ...(recipe.source.prefix !== "" && {
            object: { key: [{ prefix: recipe.source.prefix }] },
          }),
        },
      }),
    },
    within,
  );
  new aws.cloudwatch.EventTarget(
    `${name}SourceEventsTarget`,
    { rule: rule.name, arn: small.queue.arn },
    { ...within, dependsOn: smallPolicy },
  );
}

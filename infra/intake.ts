import { draining, RECONCILING, sending, storeAccess } from "./access.ts";
import type { Fleet } from "./context.ts";
import { consumeBy, makeRenderer, type Parts } from "./function.ts";
import { CONSUME, QUEUES } from "./numbers.ts";
import { type Lanes, sourceRule } from "./queues.ts";
import type { Storage } from "./storage.ts";

/** The function that consumes the small lane, up to ten messages a batch, with partial batch responses. */
export function makeConsume(fleet: Fleet, parts: Parts): sst.aws.Function {
  const { stores, lanes, telemetry } = parts;
  const { small, large, invalidations, catalog } = lanes;
  const consume = makeRenderer(fleet, "Consume", parts, {
    description: "Imagefleet: the small lane, ten messages a batch",
    folder: "consume",
    memoryMb: CONSUME.memoryMb,
    timeoutSeconds: CONSUME.timeoutSeconds,
    environment: {
      IMAGEFLEET_SMALL_DLQ_URL: small.dlq.url,
      IMAGEFLEET_MAX_RECEIVES: String(QUEUES.maxReceives),
      IMAGEFLEET_LEASE_SECONDS: String(CONSUME.timeoutSeconds * QUEUES.visibilityPerTimeout),
      ...(invalidations && { IMAGEFLEET_INVALIDATIONS_QUEUE_URL: invalidations.queue.url }),
      ...(catalog && { IMAGEFLEET_CATALOG_QUEUE_URL: catalog.queue.url }),
      ...telemetry.environment,
    },
    permissions: [
      ...storeAccess(fleet, stores, RECONCILING),
      draining(small.queue, "sqs:GetQueueAttributes"),
      sending(small.dlq),
      sending(large.queue),
      ...(invalidations ? [sending(invalidations.queue)] : []),
      ...(catalog ? [sending(catalog.queue)] : []),
      ...telemetry.tracing,
    ],
  });
  const { batchSize } = CONSUME;
  const { functionConcurrency: concurrency, pollers } = fleet.settings;
  // Who pays for pollers wants no wait. Batches of a backlog are full without one.
  // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
  const windowSeconds = pollers === undefined ? CONSUME.windowSeconds : 0;
  consumeBy(fleet, "Consume", small, consume, { batchSize, windowSeconds, concurrency, pollers });
  return consume;
}

/** Sends the source bucket's events to the small lane, as the settings specify. */
export function listen(fleet: Fleet, source: Storage, lanes: Lanes): void {
  const { settings } = fleet;
  if (settings.source === "new" || settings.source.notifications === "replace") {
    notify(fleet, source, lanes);
  } else if (settings.source.notifications === "eventbridge") {
    listenByEventBridge(fleet, source, lanes);
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
            // A removal by a lifecycle rule is not an ObjectRemoved event.
            "s3:LifecycleExpiration:*",
            "s3:ObjectRestore:Completed",
          ],
          // The recipe filters by suffix: S3 compares suffixes case-sensitively.
          ...(recipe.source.prefix === "" ? {} : { filterPrefix: recipe.source.prefix }),
        },
      ],
    },
    // S3 sends a test event at once, and refuses a queue that it may not send to.
    { ...within, dependsOn: smallPolicy },
  );
}

/**
 * A bucket can have many rules on the default bus. The bucket itself must send its events to EventBridge.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
function listenByEventBridge(fleet: Fleet, source: Storage, { small, smallPolicy }: Lanes): void {
  const { name, recipe, within } = fleet;
  const rule = new aws.cloudwatch.EventRule(
    `${name}SourceEvents`,
    {
      name: sourceRule(fleet),
      description: "Imagefleet: events of the source bucket",
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

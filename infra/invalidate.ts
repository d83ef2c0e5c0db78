import { polling } from "./access.ts";
import { type AlarmScope, alarm, queueMetric } from "./alarm.ts";
import type { Fleet } from "./context.ts";
import type { Delivery } from "./delivery.ts";
import { consumeBy, makeFunction } from "./function.ts";
import { ALARMS, INVALIDATE } from "./numbers.ts";
import type { QueuePair } from "./queues.ts";

/** The queue of the sources whose renditions caches should forget, and the function that consumes it. */
export interface Invalidations {
  readonly queues: QueuePair;
  readonly fn: sst.aws.Function;
}

/** The function that has CloudFront forget renditions. It is made after the distribution, which it names. */
export function makeInvalidate(fleet: Fleet, queues: QueuePair, delivery: Delivery): Invalidations {
  const { distributionArn } = delivery;
  const fn = makeFunction(fleet, "Invalidate", {
    description: "Imagefleet: has CloudFront forget renditions that were replaced",
    folder: "invalidate",
    memoryMb: INVALIDATE.memoryMb,
    timeoutSeconds: INVALIDATE.timeoutSeconds,
    environment: {
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html
      IMAGEFLEET_DISTRIBUTION_ID: $output(distributionArn).apply((arn) =>
        arn.slice(arn.lastIndexOf("/") + 1),
      ),
    },
    permissions: [
      {
        actions: ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
        resources: [distributionArn],
      },
      polling(queues.queue),
    ],
  });
  consumeBy(fleet, "Invalidate", queues, fn, INVALIDATE);
  return { queues, fn };
}

/**
 * The function answers with the messages that failed, which Lambda does not count as errors, so the
 * alarms are of the queues.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function invalidationAlarms(scope: AlarmScope, { queues }: Invalidations): void {
  const { periodSeconds, invalidationAgeSeconds: threshold } = ALARMS;
  alarm(
    scope,
    "InvalidateAge",
    `The oldest invalidation is ${threshold / 60} min old: CloudFront or the function fails, and it is retried`,
    {
      of: [queueMetric("age", queues.queue, "ApproximateAgeOfOldestMessage", periodSeconds)],
      threshold,
    },
  );
  alarm(
    scope,
    "InvalidateDeadLetters",
    "Invalidations have failed and are not retried: viewers may see pictures that were replaced",
    {
      of: [queueMetric("waiting", queues.dlq, "ApproximateNumberOfMessagesVisible", periodSeconds)],
      threshold: 1,
    },
  );
}

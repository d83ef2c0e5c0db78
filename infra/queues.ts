import { type Fleet, physical, transformed } from "./context.ts";
import { CONSUME, DELIVER, INVALIDATE, QUEUES, WORKER } from "./numbers.ts";
import type { Storage } from "./storage.ts";

export interface QueuePair {
  readonly queue: sst.aws.Queue;
  readonly dlq: sst.aws.Queue;
}

/** The tag that awake.ts writes to keep a queue in use. The queue has it already, so the write changes nothing. */
export const AWAKE_TAG = { imagefleet: "awake" } as const;

export interface Lanes {
  readonly small: QueuePair;
  readonly large: QueuePair;
  /** The sources whose renditions caches should forget; undefined where the settings do not want it. */
  readonly invalidations: QueuePair | undefined;
  /** The policy that must exist before a bucket or rule sends to the small lane. */
  readonly smallPolicy: aws.sqs.QueuePolicy;
}

/** The name of the EventBridge rule for the events of an existing bucket. */
export function sourceRule(fleet: Fleet): string {
  return physical(fleet, "Source");
}

export function makeLanes(fleet: Fleet, source: Storage): Lanes {
  const { settings, account, partition, region } = fleet;
  const isByEventBridge =
    settings.source !== "new" && settings.source.notifications === "eventbridge";
  // The visibility timeout covers the function's timeout and Lambda's own retries.
  const small = lane(fleet, "Small", CONSUME.timeoutSeconds * QUEUES.visibilityPerTimeout);
  // The visibility timeout is the worker's lease, which the heartbeat extends.
  const large = lane(fleet, "Large", WORKER.leaseSeconds);
  // Only the source bucket may send events to the small lane.
  const smallPolicy = policy(fleet, "Small", small.queue, [
    {
      effect: "Allow",
      principals: [
        { type: "Service", identifiers: [`${isByEventBridge ? "events" : "s3"}.amazonaws.com`] },
      ],
      actions: ["sqs:SendMessage"],
      resources: [small.queue.arn],
      conditions: [
        {
          test: "ArnEquals",
          variable: "aws:SourceArn",
          values: [
            isByEventBridge
              ? $interpolate`arn:${partition}:events:${region}:${account}:rule/${sourceRule(fleet)}`
              : source.arn,
          ],
        },
        { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
      ],
    },
  ]);
  policy(fleet, "SmallDlq", small.dlq);
  policy(fleet, "Large", large.queue);
  policy(fleet, "LargeDlq", large.dlq);
  return { small, large, invalidations: makeInvalidations(fleet), smallPolicy };
}

function makeInvalidations(fleet: Fleet): QueuePair | undefined {
  if (!fleet.delivery?.invalidate) return undefined;
  const visibility = INVALIDATE.timeoutSeconds * QUEUES.visibilityPerTimeout;
  const made = lane(fleet, "Invalidations", visibility, {
    maxReceives: INVALIDATE.maxReceives,
    // Until then, deliveries that were in progress have ended, and so have the writes that they gave up.
    delaySeconds: DELIVER.timeoutSeconds + INVALIDATE.lateWriteSeconds,
  });
  policy(fleet, "Invalidations", made.queue);
  policy(fleet, "InvalidationsDlq", made.dlq);
  return made;
}

function lane(
  fleet: Fleet,
  name: string,
  visibilitySeconds: number,
  more: { readonly maxReceives?: number; readonly delaySeconds?: number } = {},
): QueuePair {
  const { maxReceives = QUEUES.maxReceives, delaySeconds } = more;
  const dlq = queue(fleet, `${name}Dlq`, {
    messageRetentionSeconds: QUEUES.deadLetterRetentionSeconds,
  });
  const made = queue(fleet, name, {
    messageRetentionSeconds: QUEUES.retentionSeconds,
    visibilityTimeoutSeconds: visibilitySeconds,
    ...(delaySeconds !== undefined && { delaySeconds }),
    redrivePolicy: $jsonStringify({
      deadLetterTargetArn: dlq.arn,
      maxReceiveCount: maxReceives,
    }),
  });
  new aws.sqs.RedriveAllowPolicy(
    `${fleet.name}${name}RedriveAllow`,
    {
      queueUrl: dlq.url,
      redriveAllowPolicy: $jsonStringify({
        redrivePermission: "byQueue",
        sourceQueueArns: [made.arn],
      }),
    },
    fleet.within,
  );
  return { queue: made, dlq };
}

function queue(fleet: Fleet, name: string, attributes: aws.sqs.QueueArgs): sst.aws.Queue {
  const tags = { ...AWAKE_TAG };
  return new sst.aws.Queue(
    ...transformed<sst.aws.QueueArgs>(
      fleet.transform.queue,
      `${fleet.name}${name}`,
      { transform: { queue: { ...attributes, tags, sqsManagedSseEnabled: true } } },
      fleet.within,
    ),
  );
}

function policy(
  fleet: Fleet,
  name: string,
  { arn, url }: sst.aws.Queue,
  statements: aws.types.input.iam.GetPolicyDocumentStatementArgs[] = [],
): aws.sqs.QueuePolicy {
  return new aws.sqs.QueuePolicy(
    `${fleet.name}${name}Policy`,
    {
      queueUrl: url,
      policy: aws.iam.getPolicyDocumentOutput({
        statements: [
          ...statements,
          {
            effect: "Deny",
            principals: [{ type: "*", identifiers: ["*"] }],
            actions: ["sqs:*"],
            resources: [arn],
            conditions: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
          },
        ],
      }).json,
    },
    fleet.within,
  );
}

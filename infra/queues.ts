import { type Fleet, physical, transformed } from "./context.ts";
import { CATALOG, CONSUME, DELIVER, INVALIDATE, QUEUES, WORKER } from "./numbers.ts";
import type { Storage, Stores } from "./storage.ts";

export interface QueuePair {
  readonly queue: sst.aws.Queue;
  readonly dlq: sst.aws.Queue;
}

/** A queue pair that a bucket or rule sends to, and the policy that must exist before it does. */
export interface NotifiedPair extends QueuePair {
  readonly policy: aws.sqs.QueuePolicy;
}

type Statement = aws.types.input.iam.GetPolicyDocumentStatementArgs;

/** The tag that awake.ts writes to keep a queue in use. The queue has it already, so the write changes nothing. */
export const AWAKE_TAG = { imagefleet: "awake" } as const;

export interface Lanes {
  readonly small: QueuePair;
  readonly large: QueuePair;
  /** The sources whose renditions caches should forget; undefined where the settings do not want it. */
  readonly invalidations: QueuePair | undefined;
  /** What the catalog looks at: manifests, and jobs that failed; undefined where there is no catalog. */
  readonly catalog: NotifiedPair | undefined;
  /** The policy that must exist before a bucket or rule sends to the small lane. */
  readonly smallPolicy: aws.sqs.QueuePolicy;
}

/** The name of the EventBridge rule for the events of an existing bucket. */
export function sourceRule(fleet: Fleet): string {
  return physical(fleet, "Source");
}

export function makeLanes(fleet: Fleet, { source, renditions }: Stores): Lanes {
  const { settings, account, partition, region } = fleet;
  const isByEventBridge =
    settings.source !== "new" && settings.source.notifications === "eventbridge";
  // The visibility timeout covers the function's timeout and Lambda's own retries.
  const small = lane(fleet, "Small", CONSUME.timeoutSeconds * QUEUES.visibilityPerTimeout);
  // The visibility timeout is the worker's lease, which the heartbeat extends.
  const large = lane(fleet, "Large", WORKER.leaseSeconds);
  // Only the source bucket may send events to the small lane.
  const smallPolicy = policy(fleet, "Small", small.queue, [
    sendingBy(
      fleet,
      small.queue,
      isByEventBridge ? "events" : "s3",
      isByEventBridge
        ? $interpolate`arn:${partition}:events:${region}:${account}:rule/${sourceRule(fleet)}`
        : source.arn,
    ),
  ]);
  policy(fleet, "SmallDlq", small.dlq);
  policy(fleet, "Large", large.queue);
  policy(fleet, "LargeDlq", large.dlq);
  const catalog = makeCatalogQueues(fleet, renditions);
  return { small, large, invalidations: makeInvalidations(fleet), catalog, smallPolicy };
}

/** Only the rendition bucket may send events to the catalog's queue; both programs send by their roles. */
function makeCatalogQueues(fleet: Fleet, renditions: Storage): NotifiedPair | undefined {
  if (!fleet.settings.catalog) return undefined;
  const visibility = CATALOG.timeoutSeconds * QUEUES.visibilityPerTimeout;
  const made = lane(fleet, "Catalog", visibility, { maxReceives: CATALOG.maxReceives });
  policy(fleet, "CatalogDlq", made.dlq);
  return {
    ...made,
    policy: policy(fleet, "Catalog", made.queue, [
      sendingBy(fleet, made.queue, "s3", renditions.arn),
    ]),
  };
}

/** Lets a service of AWS send to a queue for one resource of this account. */
function sendingBy(
  { account }: Fleet,
  { arn }: sst.aws.Queue,
  service: "s3" | "events",
  source: $util.Input<string>,
): Statement {
  return {
    effect: "Allow",
    principals: [{ type: "Service", identifiers: [`${service}.amazonaws.com`] }],
    actions: ["sqs:SendMessage"],
    resources: [arn],
    conditions: [
      { test: "ArnEquals", variable: "aws:SourceArn", values: [source] },
      { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
    ],
  };
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
  statements: Statement[] = [],
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

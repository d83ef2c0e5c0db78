import { CONSUME, QUEUES, WORKER } from "./numbers.ts";
import { account, partition, physical, region, settings } from "./stage.ts";
import { source } from "./storage.ts";

interface Lane {
  readonly queue: sst.aws.Queue;
  readonly letters: sst.aws.Queue;
}

/** What awake.ts writes to keep a queue in use: said here too, so that it changes nothing. */
export const AWAKE_TAG = { imagefleet: "awake" } as const;

/** The name of the rule by which a bucket that is there tells of itself through EventBridge. */
export const SOURCE_RULE = physical("Source");
const isByEventBridge =
  settings.source !== "new" && settings.source.notifications === "eventbridge";

/** Its visibility covers the function's timeout, and Lambda's own tries to hand a batch over. */
export const small = lane("Small", CONSUME.timeoutSeconds * CONSUME.visibilityPerTimeout);

/** Its visibility is the worker's lease, which the worker's heartbeat extends. */
export const large = lane("Large", WORKER.leaseSeconds);

/** The small lane also takes what the source bucket, and no other, has to say. */
export const smallPolicy = policy("Small", small.queue, [
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
            ? $interpolate`arn:${partition}:events:${region}:${account}:rule/${SOURCE_RULE}`
            : source.arn,
        ],
      },
      { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
    ],
  },
]);
policy("SmallDlq", small.letters);
policy("Large", large.queue);
policy("LargeDlq", large.letters);

function lane(name: string, visibilitySeconds: number): Lane {
  const letters = queue(`${name}Dlq`, { messageRetentionSeconds: QUEUES.letterRetentionSeconds });
  const made = queue(name, {
    messageRetentionSeconds: QUEUES.retentionSeconds,
    visibilityTimeoutSeconds: visibilitySeconds,
    redrivePolicy: $jsonStringify({
      deadLetterTargetArn: letters.arn,
      maxReceiveCount: QUEUES.maxReceives,
    }),
  });
  new aws.sqs.RedriveAllowPolicy(`${name}RedriveAllow`, {
    queueUrl: letters.url,
    redriveAllowPolicy: $jsonStringify({
      redrivePermission: "byQueue",
      sourceQueueArns: [made.arn],
    }),
  });
  return { queue: made, letters };
}

function queue(name: string, attributes: aws.sqs.QueueArgs): sst.aws.Queue {
  const tags = { ...AWAKE_TAG };
  return new sst.aws.Queue(name, {
    transform: { queue: { ...attributes, tags, sqsManagedSseEnabled: true } },
  });
}

function policy(
  name: string,
  { arn, url }: sst.aws.Queue,
  statements: aws.types.input.iam.GetPolicyDocumentStatementArgs[] = [],
): aws.sqs.QueuePolicy {
  return new aws.sqs.QueuePolicy(`${name}Policy`, {
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
  });
}

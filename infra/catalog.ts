import { decrypting, polling, using } from "./access.ts";
import { type AlarmScope, alarm, metric, queueMetric } from "./alarm.ts";
import { type Fleet, physical, transformed } from "./context.ts";
import type { Delivery } from "./delivery.ts";
import { consumeBy, makeFunction } from "./function.ts";
import { ALARMS, CATALOG } from "./numbers.ts";
import type { NotifiedPair } from "./queues.ts";
import type { Storage, Stores } from "./storage.ts";
import { tlsOnly } from "./topic.ts";

type Key = $util.Input<string> | undefined;

/** What an application reads of its images, and what tells it of changes. */
export interface Catalog {
  readonly queues: NotifiedPair;
  readonly fn: sst.aws.Function;
  readonly table: sst.aws.Dynamo;
  readonly topicArn: $util.Input<string>;
  /** Undefined where the topic is not the fleet's: its owner watches it. */
  readonly topicName: $util.Output<string> | undefined;
}

/** The index of a user's images, newest first by their ULIDs. */
export const BY_USER = "byUser";

/**
 * The table, the topic, and the function that writes to both what the manifests say. It is made after
 * the distribution, whose address is in its notifications.
 *
 * @param key of KMS, where the settings choose one
 */
export function makeCatalog(
  fleet: Fleet,
  queues: NotifiedPair,
  stores: Stores,
  key: Key,
  delivery: Delivery | undefined,
): Catalog {
  const { recipe, settings } = fleet;
  const { source, renditions } = stores;
  const { topicArn, topicName } = makeNotifications(fleet, key);
  const table = makeTable(fleet, key);
  const bus = settings.notifications.eventBus;
  const fn = makeFunction(fleet, "Projector", {
    description: "Imagefleet: keeps the table equal to the manifests, and tells of changes",
    folder: "catalog",
    memoryMb: CATALOG.memoryMb,
    timeoutSeconds: CATALOG.timeoutSeconds,
    environment: {
      IMAGEFLEET_RENDITION_BUCKET: renditions.name,
      IMAGEFLEET_SOURCE_BUCKETS: source.name,
      IMAGEFLEET_TABLE: table.name,
      IMAGEFLEET_TOPIC_ARN: topicArn,
      ...(bus !== undefined && { IMAGEFLEET_EVENT_BUS: bus }),
      ...(delivery?.url && { IMAGEFLEET_IMAGES_URL: delivery.url }),
      ...(settings.uploads !== "none" && { IMAGEFLEET_UPLOAD_KEY: settings.uploads.key }),
    },
    permissions: [
      {
        actions: ["s3:GetObject"],
        resources: [
          $interpolate`${renditions.arn}/${manifests(fleet)}*`,
          // A HEAD, for the notice of a job that failed: the source may be another by now.
          $interpolate`${source.arn}/${recipe.source.prefix}*`,
        ],
      },
      // Never called. Without it, S3 answers 403 rather than 404 for a missing key.
      { actions: ["s3:ListBucket"], resources: [source.arn, renditions.arn] },
      { actions: ["dynamodb:GetItem", "dynamodb:PutItem"], resources: [table.arn] },
      { actions: ["sns:Publish"], resources: [topicArn] },
      ...(bus === undefined
        ? []
        : [{ actions: ["events:PutEvents"], resources: [busArn(fleet, bus)] }]),
      polling(queues.queue),
      ...decrypting(fleet, stores),
      // DynamoDB and SNS use the key in the name of their caller.
      // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
      ...using(key, "kms:Decrypt", "kms:GenerateDataKey"),
    ],
  });
  consumeBy(fleet, "Projector", queues, fn, CATALOG);
  return { queues, fn, table, topicArn, topicName };
}

/**
 * One item an image, and counters that expire. It stays with the images, although it can be rebuilt
 * from the manifests: who restores a stage should not wait for that.
 */
function makeTable(fleet: Fleet, key: Key): sst.aws.Dynamo {
  const { name, transform, retained, kept } = fleet;
  return new sst.aws.Dynamo(
    ...transformed<sst.aws.DynamoArgs>(
      transform.table,
      `${name}Images`,
      {
        // On demand, with point-in-time recovery: both by SST, and the graph's rules insist on them.
        fields: { pk: "string", user: "string", id: "string" },
        primaryIndex: { hashKey: "pk" },
        globalIndexes: {
          [BY_USER]: {
            hashKey: "user",
            rangeKey: "id",
            projection: ["status", "name", "width", "height", "placeholder", "expiresAt"],
          },
        },
        ttl: "expiresAt",
        deletionProtection: retained,
        transform: {
          // Without a key it is encrypted with one of DynamoDB's own.
          table:
            key === undefined ? {} : { serverSideEncryption: { enabled: true, kmsKeyArn: key } },
        },
      },
      kept,
    ),
  );
}

function makeNotifications(fleet: Fleet, key: Key): Pick<Catalog, "topicArn" | "topicName"> {
  const { name, settings, within } = fleet;
  const { topicArn } = settings.notifications;
  if (topicArn !== undefined) return { topicArn, topicName: undefined };
  const topic = new aws.sns.Topic(
    `${name}Notifications`,
    {
      name: physical(fleet, "Notifications"),
      // SNS's own key costs nothing a month, and every role of the account may use it through SNS.
      // https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
      kmsMasterKeyId: key ?? "alias/aws/sns",
      // Messages are signed with SHA-256; 1, the default, is SHA-1.
      // https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
      signatureVersion: 2,
    },
    within,
  );
  // The account's own roles publish and subscribe by their policies.
  const policy = new aws.sns.TopicPolicy(
    `${name}NotificationsPolicy`,
    {
      arn: topic.arn,
      policy: aws.iam.getPolicyDocumentOutput({ statements: [tlsOnly(topic.arn)] }).json,
    },
    within,
  );
  return { topicArn: policy.arn, topicName: topic.name };
}

function busArn({ partition, region, account }: Fleet, bus: $util.Input<string>) {
  return bus === "default"
    ? $interpolate`arn:${partition}:events:${region}:${account}:event-bus/default`
    : bus;
}

/** Where the manifests are: as `manifestKey` of packages/core/src/plan has it; a test compares the two. */
function manifests({ recipe }: Fleet): string {
  return `${recipe.output.prefix}manifests/`;
}

/** Has the rendition bucket notify the catalog of manifests, unless its owner does that. */
export function listenToManifests(
  fleet: Fleet,
  renditions: Storage,
  { queue, policy }: NotifiedPair,
): void {
  const { name, settings, within } = fleet;
  if (settings.renditions !== "new" && settings.renditions.notifications === "by-hand") return;
  new aws.s3.BucketNotification(
    `${name}RenditionsNotification`,
    {
      bucket: renditions.name,
      queues: [
        {
          id: "imagefleet-catalog",
          queueArn: queue.arn,
          // A removal leaves a tombstone, which is an object in the place of the manifest.
          events: ["s3:ObjectCreated:*"],
          filterPrefix: manifests(fleet),
        },
      ],
    },
    // S3 sends a test event at once, and refuses a queue that it may not send to.
    { ...within, dependsOn: policy },
  );
}

/**
 * The function answers with the messages that failed, which Lambda does not count as errors, so the
 * alarms are of the queues, and of what it calls. DynamoDB reports only what is not zero, and an alarm
 * takes missing data for healthy; metric math takes a missing operand for zero.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 * https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
 */
export function catalogAlarms(scope: AlarmScope, { queues, table, topicName }: Catalog): void {
  const { periodSeconds, catalogAgeSeconds: threshold } = ALARMS;
  alarm(
    scope,
    "CatalogAge",
    `The oldest message of the catalog is ${threshold / 60} min old: table, topic or function fail, and it is retried`,
    {
      of: [queueMetric("age", queues.queue, "ApproximateAgeOfOldestMessage", periodSeconds)],
      threshold,
    },
  );
  alarm(
    scope,
    "CatalogDeadLetters",
    "Messages of the catalog have failed and are not retried: items may differ from their manifests",
    {
      of: [queueMetric("waiting", queues.dlq, "ApproximateNumberOfMessagesVisible", periodSeconds)],
      threshold: 1,
    },
  );
  // Calls of the uploads' function that fail are 5xx of its API.
  const calls = (name: string) =>
    (["GetItem", "PutItem"] as const).map((operation) =>
      metric({
        id: operation === "GetItem" ? "reads" : "writes",
        namespace: "AWS/DynamoDB",
        name,
        dimensions: { TableName: table.name, Operation: operation },
        stat: "Sum",
        periodSeconds,
      }),
    );
  alarm(scope, "TableThrottles", "The table throttles: a user or an image is written too often", {
    expression: "reads + writes",
    of: calls("ThrottledRequests"),
    threshold: 1,
    periods: 3,
  });
  alarm(scope, "TableErrors", "Calls of the table fail: see the AWS status of DynamoDB", {
    expression: "reads + writes",
    of: calls("SystemErrors"),
    threshold: 1,
    periods: 3,
  });
  if (topicName === undefined) return;
  alarm(
    scope,
    "NotificationsFailed",
    "A subscriber of the notifications does not accept them, and SNS does not retry: it needs a dead-letter queue of its own",
    {
      of: [
        metric({
          id: "failed",
          namespace: "AWS/SNS",
          name: "NumberOfNotificationsFailed",
          dimensions: { TopicName: topicName },
          stat: "Sum",
          periodSeconds,
        }),
      ],
      threshold: 1,
    },
  );
}

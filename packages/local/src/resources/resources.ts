import { isDeepStrictEqual } from "node:util";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  type Event,
  GetBucketNotificationConfigurationCommand,
  HeadBucketCommand,
  PutBucketNotificationConfigurationCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand, type SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Lane } from "@imagefleet/core/outcome";

export const REGION = "us-east-1";
export const SOURCE_BUCKET = "imagefleet-source";
export const RENDITION_BUCKET = "imagefleet-renditions";
/** The id that the edge has as a distribution. */
export const DISTRIBUTION_ID = "LOCAL";

/** The catalog's table. */
export const TABLE = "imagefleet-images";
/** The topic of notifications. */
export const TOPIC = "imagefleet-events";

type QueueName = Lane | "invalidations" | "catalog" | "events";

/** The name of a queue or its dead-letter queue. */
export function queueName(queue: QueueName | `${QueueName}-dlq`): string {
  return `imagefleet-${queue}`;
}

/** The number of receives after which SQS moves a message to the dead-letter queue. */
export const MAX_RECEIVES = 5;

const DAY_SECONDS = 86_400;

/** The attributes of the table's index, besides its keys. */
const LISTED = ["status", "name", "width", "height", "placeholder", "expiresAt"];

export interface QueuePair {
  readonly url: string;
  readonly arn: string;
  readonly deadLetters: string;
}

export interface Catalog {
  readonly table: string;
  readonly topicArn: string;
  /** What the catalog function receives: S3's events of manifests, and notices of final failures. */
  readonly queue: QueuePair;
  /** The URL of the queue that receives every notification, for a developer to read. */
  readonly events: string;
}

export interface Resources {
  readonly sourceBucket: string;
  readonly renditionBucket: string;
  readonly lanes: Readonly<Record<Lane, QueuePair>>;
}

/**
 * Creates buckets, queues with their dead-letter queues, and the bucket's notification, as infra does
 * in the cloud. Existing resources are kept.
 *
 * @param visibility each lane's visibility timeout, seconds
 */
export async function createResources(
  s3: S3Client,
  sqs: SQSClient,
  visibility: Readonly<Record<Lane, number>>,
): Promise<Resources> {
  const [small, large] = await Promise.all([
    createQueuePair(sqs, "small", visibility.small),
    createQueuePair(sqs, "large", visibility.large),
    createBucket(s3, RENDITION_BUCKET),
    createBucket(s3, SOURCE_BUCKET),
  ]);
  await notify(s3, SOURCE_BUCKET, {
    Id: "intake",
    QueueArn: small.arn,
    Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectRestore:Completed"],
    prefix: "",
  });
  return {
    sourceBucket: SOURCE_BUCKET,
    renditionBucket: RENDITION_BUCKET,
    lanes: { small, large },
  };
}

/** S3 sends a test event for each new configuration, so an equal one is not set again. */
async function notify(
  s3: S3Client,
  Bucket: string,
  { prefix, ...wanted }: { Id: string; QueueArn: string; Events: Event[]; prefix: string },
): Promise<void> {
  const { QueueConfigurations: [there, ...others] = [] } = await s3.send(
    new GetBucketNotificationConfigurationCommand({ Bucket }),
  );
  const rules = prefix === "" ? [] : [{ Name: "prefix" as const, Value: prefix }];
  const filteredBy = (there?.Filter?.Key?.FilterRules ?? []).map(({ Name, Value }) => ({
    // S3 answers with "Prefix".
    Name: Name?.toLowerCase(),
    Value,
  }));
  const isThere =
    others.length === 0 &&
    there?.QueueArn === wanted.QueueArn &&
    isDeepStrictEqual(filteredBy, rules) &&
    isDeepStrictEqual(there.Events, wanted.Events);
  if (isThere) return;
  const Filter = { Key: { FilterRules: rules } };
  const configuration = { ...wanted, ...(rules.length > 0 && { Filter }) };
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { QueueConfigurations: [configuration] },
    }),
  );
}

/**
 * Creates the queue of the sources whose renditions caches should forget, with its dead-letter queue.
 *
 * @param options visibility timeout and delay of each message, seconds
 */
export function createInvalidations(
  sqs: SQSClient,
  { visibility, delay }: { visibility: number; delay: number },
): Promise<QueuePair> {
  return createQueuePair(sqs, "invalidations", visibility, delay);
}

/**
 * Creates the catalog's table, topic and queues, a queue that is subscribed to the topic, and the
 * rendition bucket's notification, which `createResources` has made. Existing resources are kept.
 *
 * @param options the catalog queue's visibility timeout, seconds, and the prefix of the manifests' keys
 * @example
 * const clients = { s3, sqs, dynamo, sns };
 * await createCatalog(clients, { visibility: 180, manifests: manifestPattern(recipe).before });
 */
export async function createCatalog(
  {
    s3,
    sqs,
    dynamo,
    sns,
  }: { s3: S3Client; sqs: SQSClient; dynamo: DynamoDBClient; sns: SNSClient },
  { visibility, manifests }: { visibility: number; manifests: string },
): Promise<Catalog> {
  const [queue, events, { TopicArn = "" }] = await Promise.all([
    createQueuePair(sqs, "catalog", visibility),
    createQueue(sqs, queueName("events"), { MessageRetentionPeriod: String(4 * DAY_SECONDS) }),
    sns.send(new CreateTopicCommand({ Name: TOPIC })),
    createTable(dynamo),
  ]);
  const Endpoint = arnOf(queueName("events"));
  const Attributes = { RawMessageDelivery: "true" };
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint, Attributes }));
  await notify(s3, RENDITION_BUCKET, {
    Id: "catalog",
    QueueArn: queue.arn,
    Events: ["s3:ObjectCreated:*"],
    prefix: manifests,
  });
  return { table: TABLE, topicArn: TopicArn, queue, events };
}

async function createTable(dynamo: DynamoDBClient): Promise<void> {
  const TableName = TABLE;
  try {
    await dynamo.send(new DescribeTableCommand({ TableName }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    await dynamo.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "user", AttributeType: "S" },
          { AttributeName: "id", AttributeType: "S" },
        ],
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
        GlobalSecondaryIndexes: [
          {
            IndexName: "byUser",
            KeySchema: [
              { AttributeName: "user", KeyType: "HASH" },
              { AttributeName: "id", KeyType: "RANGE" },
            ],
            Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: LISTED },
          },
        ],
      }),
    );
  }
  await waitUntilTableExists({ client: dynamo, maxWaitTime: 60, minDelay: 1 }, { TableName });
  const { TimeToLiveDescription: there } = await dynamo.send(
    new DescribeTimeToLiveCommand({ TableName }),
  );
  if (there?.TimeToLiveStatus === "ENABLED") return;
  const TimeToLiveSpecification = { AttributeName: "expiresAt", Enabled: true };
  await dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}

async function createQueuePair(
  sqs: SQSClient,
  name: QueueName,
  visibility: number,
  delay = 0,
): Promise<QueuePair> {
  // Dead letters are kept longer, because retention counts from the first enqueue.
  const deadLetters = await createQueue(sqs, queueName(`${name}-dlq`), {
    MessageRetentionPeriod: String(14 * DAY_SECONDS),
  });
  const deadLettersArn = arnOf(queueName(`${name}-dlq`));
  const url = await createQueue(sqs, queueName(name), {
    MessageRetentionPeriod: String(4 * DAY_SECONDS),
    VisibilityTimeout: String(visibility),
    DelaySeconds: String(delay),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: deadLettersArn,
      maxReceiveCount: MAX_RECEIVES,
    }),
  });
  return { url, arn: arnOf(queueName(name)), deadLetters };
}

/** The URL of a lane's queue from an earlier run; undefined if no run has created it. */
export async function laneUrl(sqs: SQSClient, lane: Lane): Promise<string | undefined> {
  try {
    return (await sqs.send(new GetQueueUrlCommand({ QueueName: queueName(lane) }))).QueueUrl;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}

function arnOf(queue: string): string {
  return `arn:aws:sqs:${REGION}:000000000000:${queue}`;
}

/** Attributes are set in a second call, because a queue of an earlier run may have others. */
async function createQueue(
  sqs: SQSClient,
  name: string,
  Attributes: Record<string, string>,
): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  if (QueueUrl === undefined) throw new Error(`the queue ${name} was created without a URL`);
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
  return QueueUrl;
}

async function createBucket(s3: S3Client, bucket: string): Promise<void> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch {
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  }
}

import { isDeepStrictEqual } from "node:util";
import {
  CreateBucketCommand,
  GetBucketNotificationConfigurationCommand,
  HeadBucketCommand,
  PutBucketNotificationConfigurationCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
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

type QueueName = Lane | "invalidations";

/** The name of a queue or its dead-letter queue. */
export function queueName(queue: QueueName | `${QueueName}-dlq`): string {
  return `imagefleet-${queue}`;
}

/** The number of receives after which SQS moves a message to the dead-letter queue. */
export const MAX_RECEIVES = 5;

const DAY_SECONDS = 86_400;

export interface QueuePair {
  readonly url: string;
  readonly arn: string;
  readonly deadLetters: string;
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
  await notify(s3, small.arn);
  return {
    sourceBucket: SOURCE_BUCKET,
    renditionBucket: RENDITION_BUCKET,
    lanes: { small, large },
  };
}

/** S3 sends a test event for each new configuration, so an equal one is not set again. */
async function notify(s3: S3Client, queueArn: string): Promise<void> {
  const wanted = {
    Id: "intake",
    QueueArn: queueArn,
    Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectRestore:Completed"] as const,
  };
  const { QueueConfigurations: [there, ...others] = [] } = await s3.send(
    new GetBucketNotificationConfigurationCommand({ Bucket: SOURCE_BUCKET }),
  );
  const isThere =
    others.length === 0 &&
    there?.QueueArn === queueArn &&
    there.Filter === undefined &&
    isDeepStrictEqual(there.Events, [...wanted.Events]);
  if (isThere) return;
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: SOURCE_BUCKET,
      NotificationConfiguration: {
        QueueConfigurations: [{ ...wanted, Events: [...wanted.Events] }],
      },
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

import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type ClientOptions, createS3, createSqs, statusOf } from "@imagefleet/core/aws";
import { LANES, type Lane } from "@imagefleet/core/outcome";
import { Queue } from "@imagefleet/core/queue";
import { UsageError } from "../usage-error.ts";
import { readConnectionEnv } from "./env.ts";
import { connectionError, forbidden, noBucket, noQueue } from "./errors.ts";
import { type Named, namesOf, RESOURCES, type Resource } from "./names.ts";
import type { ConnectionOptions } from "./options.ts";
import { type Target, targetOf } from "./target.ts";

/** A command sends thousands of messages, of which SQS may fail a few for a moment. */
const RETRIED = { batchAttempts: 5 };

interface LaneQueues {
  readonly queue: Queue;
  readonly deadLetters: Queue;
}

/** Access to a fleet, local or on AWS. Names are checked to exist before they are returned. */
export interface Connection extends Disposable {
  readonly where: string;
  /** How long an empty receive must wait to prove that a queue is empty, s; 0 for the local server. */
  readonly consistencyDelaySeconds: number;
  /** Whether the number of consumers grows with the queue, as with Lambda, or is fixed. */
  readonly consumers: "fixed" | "scaling";
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  /** Client options of the AWS services; undefined for the local fleet, which has few of them. */
  readonly clients: Target["clients"] | undefined;
  /** Client options of DynamoDB, which the local fleet has as well. */
  readonly dynamo: ClientOptions;
  /** The queues of both lanes. */
  lanes(): Promise<Readonly<Record<Lane, LaneQueues>>>;
  /** @param by where the name comes from, if not from its flag or variable */
  bucket(resource: "sourceBucket" | "renditionBucket", by?: string): Promise<string>;
}

/** @throws UsageError with the missing or wrong name, and the names that exist */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const env = readConnectionEnv();
  const target = await targetOf(options, env, namesOf(options, env.variables));
  const s3 = createS3(target.clients("S3"));
  const sqs = createSqs(target.clients("SQS"));
  const translateErrors = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw connectionError(error, target.where);
    }
  };
  let lanes: Promise<Readonly<Record<Lane, LaneQueues>>> | undefined;
  const bothLanes = async () => {
    const [small, large] = await Promise.all(
      LANES.map((lane) => translateErrors(laneQueues(sqs, target, lane))),
    );
    if (!small || !large) throw new Error("a fleet has two lanes");
    return { small, large };
  };
  return {
    where: target.where,
    consistencyDelaySeconds: target.isLocal ? 0 : 1,
    consumers: target.isLocal ? "fixed" : "scaling",
    clients: target.isLocal ? undefined : target.clients,
    dynamo: target.clients("DYNAMODB"),
    s3,
    sqs,
    lanes() {
      lanes ??= bothLanes();
      return lanes;
    },
    async bucket(resource, by) {
      const named = requireName(target, resource);
      await translateErrors(checkBucket(s3, target, by === undefined ? named : { ...named, by }));
      return named.value;
    },
    [Symbol.dispose]() {
      s3.destroy();
      sqs.destroy();
    },
  };
}

const LANE_RESOURCES = {
  small: { queue: "smallQueue", deadLetters: "smallDlq" },
  large: { queue: "largeQueue", deadLetters: "largeDlq" },
} as const;

async function laneQueues(sqs: SQSClient, target: Target, lane: Lane): Promise<LaneQueues> {
  const { queue, deadLetters } = LANE_RESOURCES[lane];
  const named = requireName(target, queue);
  const url = await queueUrl(sqs, target, named);
  const deadLettersNamed = target.names[deadLetters] ?? (await byPolicy(sqs, url, named, lane));
  return {
    queue: new Queue(sqs, url, RETRIED),
    deadLetters: new Queue(sqs, await queueUrl(sqs, target, deadLettersNamed), RETRIED),
  };
}

async function queueUrl(sqs: SQSClient, target: Target, named: Named): Promise<string> {
  try {
    if (/^https?:/.test(named.value)) {
      await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: named.value, AttributeNames: ["QueueArn"] }),
      );
      return named.value;
    }
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: named.value }));
    return QueueUrl ?? named.value;
  } catch (error) {
    if (error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name)) {
      throw await noQueue(sqs, named, target);
    }
    if (statusOf(error) === 403) throw forbidden("queue", named, target.where, error);
    throw error;
  }
}

/** The dead-letter queue from the redrive policy of a lane's queue. */
async function byPolicy(
  sqs: SQSClient,
  url: string,
  { value, by }: Named,
  lane: Lane,
): Promise<Named> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["RedrivePolicy"] }),
  );
  const arn = /"deadLetterTargetArn"\s*:\s*"([^"]+)"/.exec(Attributes?.["RedrivePolicy"] ?? "");
  if (arn?.[1] === undefined) {
    throw new UsageError(
      `${by}: the queue ${value} has no redrive policy that names its dead-letter queue. Use --${lane}-dlq NAME`,
    );
  }
  return { value: arn[1].slice(arn[1].lastIndexOf(":") + 1), by: `${by}'s redrive policy` };
}

function requireName(target: Target, resource: Resource): Named {
  const named = target.names[resource];
  if (named !== undefined) return named;
  const { flag, variable } = RESOURCES[resource];
  throw new UsageError(
    `${flag} is not set for ${target.where}. Use ${flag} NAME, set ${variable}, or run under sst shell`,
  );
}

async function checkBucket(s3: S3Client, target: Target, named: Named): Promise<void> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: named.value }));
  } catch (error) {
    if (statusOf(error) === 404) throw await noBucket(s3, named, target);
    if (statusOf(error) === 403) throw forbidden("bucket", named, target.where, error);
    throw error;
  }
}

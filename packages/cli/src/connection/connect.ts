import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { createS3, createSqs, statusOf } from "@imagefleet/core/aws";
import { LANES, type Lane } from "@imagefleet/core/outcome";
import { BulkQueue } from "@imagefleet/core/queue";
import { WrongUse } from "../wrong-use.ts";
import { readConnectionEnv } from "./env.ts";
import { connectionFault, forbidden, noBucket, noQueue } from "./faults.ts";
import { type Named, namesOf, RESOURCES, type Resource } from "./names.ts";
import type { ConnectionOptions } from "./options.ts";
import { type Place, placeOf } from "./place.ts";

interface LaneQueues {
  readonly queue: BulkQueue;
  readonly letters: BulkQueue;
}

/** A fleet, wherever it is, with what a command asked for known to be there. */
export interface Connection extends Disposable {
  readonly where: string;
  /** How long an empty receive must wait to prove a queue empty, s: one local server knows at once. */
  readonly proofSeconds: number;
  /** What drains the lanes: Lambda grows, a laptop's fleet does not. */
  readonly consumers: "fixed" | "scaling";
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  /** How AWS's services are reached; the servers on this machine have S3 and SQS alone. */
  readonly clients: Place["clients"] | undefined;
  /** Both lanes' queues. */
  lanes(): Promise<Readonly<Record<Lane, LaneQueues>>>;
  /** @param by how the person named it, where not by its flag or variable */
  bucket(resource: "sourceBucket" | "renditionBucket", by?: string): Promise<string>;
}

/** @throws WrongUse naming what is missing or wrong, and what was found instead */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const env = readConnectionEnv();
  const place = await placeOf(options, env, namesOf(options, env.variables));
  const s3 = createS3(place.clients.S3);
  const sqs = createSqs(place.clients.SQS);
  const inWords = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw connectionFault(error, place.where);
    }
  };
  let lanes: Promise<Readonly<Record<Lane, LaneQueues>>> | undefined;
  const bothLanes = async () => {
    const [small, large] = await Promise.all(
      LANES.map((lane) => inWords(laneQueues(sqs, place, lane))),
    );
    if (!small || !large) throw new Error("a fleet has two lanes");
    return { small, large };
  };
  return {
    where: place.where,
    proofSeconds: place.isLocal ? 0 : 1,
    consumers: place.isLocal ? "fixed" : "scaling",
    clients: place.isLocal ? undefined : place.clients,
    s3,
    sqs,
    lanes() {
      lanes ??= bothLanes();
      return lanes;
    },
    async bucket(resource, by) {
      const named = needed(place, resource);
      await inWords(checkBucket(s3, place, by === undefined ? named : { ...named, by }));
      return named.value;
    },
    [Symbol.dispose]() {
      s3.destroy();
      sqs.destroy();
    },
  };
}

const LANE_RESOURCES = {
  small: { queue: "smallQueue", letters: "smallDlq" },
  large: { queue: "largeQueue", letters: "largeDlq" },
} as const;

async function laneQueues(sqs: SQSClient, place: Place, lane: Lane): Promise<LaneQueues> {
  const { queue, letters } = LANE_RESOURCES[lane];
  const named = needed(place, queue);
  const url = await queueUrl(sqs, place, named);
  const lettersNamed = place.names[letters] ?? (await byPolicy(sqs, url, named, lane));
  return {
    queue: new BulkQueue(sqs, url),
    letters: new BulkQueue(sqs, await queueUrl(sqs, place, lettersNamed)),
  };
}

async function queueUrl(sqs: SQSClient, place: Place, named: Named): Promise<string> {
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
      throw await noQueue(sqs, named, place);
    }
    if (statusOf(error) === 403) throw forbidden("queue", named, place.where, error);
    throw error;
  }
}

/** The dead-letter queue that a lane's queue itself names. */
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
    throw new WrongUse(
      `${by}: the queue ${value} has no redrive policy that says where its dead letters are: --${lane}-dlq NAME`,
    );
  }
  return { value: arn[1].slice(arn[1].lastIndexOf(":") + 1), by: `${by}'s redrive policy` };
}

function needed(place: Place, resource: Resource): Named {
  const named = place.names[resource];
  if (named !== undefined) return named;
  const { flag, variable } = RESOURCES[resource];
  throw new WrongUse(
    `${flag} is not given for ${place.where}: write ${flag} NAME, set ${variable}, or run under sst shell`,
  );
}

async function checkBucket(s3: S3Client, place: Place, named: Named): Promise<void> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket: named.value }));
  } catch (error) {
    if (statusOf(error) === 404) throw await noBucket(s3, named, place);
    if (statusOf(error) === 403) throw forbidden("bucket", named, place.where, error);
    throw error;
  }
}

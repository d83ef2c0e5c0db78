import { availableParallelism } from "node:os";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { readEnv } from "@imagefleet/lambda/consume/env";
import pLimit from "p-limit";
import * as v from "valibot";

const putSchema = v.object({
  key: v.string(),
  bytes: v.number(),
  contentType: v.string(),
  cacheControl: v.string(),
  mark: v.string(),
});

const eventSchema = v.object({
  sourceBucket: v.string(),
  jobs: v.array(
    v.object({
      source: v.string(),
      manifest: putSchema,
      renditions: v.array(putSchema),
    }),
  ),
});

/** A batch of at most ten jobs. */
export type SdkEvent = v.InferOutput<typeof eventSchema>;
type Put = v.InferOutput<typeof putSchema>;
export type Job = SdkEvent["jobs"][number];

const env = readEnv();
const client = { region: env.AWS_REGION, endpoint: env.AWS_ENDPOINT_URL };
const s3 = createS3(client);
const sqs = createSqs(client);
const QueueUrl = env.IMAGEFLEET_SMALL_QUEUE_URL;

// As many jobs in flight as in the function.
const limit = pLimit(availableParallelism() + 2);
const ZEROS = new Map<number, Buffer>();

/**
 * The contestant "the same calls": for a batch, the requests of the fleet to S3 and SQS, and nothing
 * else. It does not read the messages: the event contains the jobs.
 */
export async function handler(event: unknown): Promise<void> {
  const { sourceBucket, jobs } = v.parse(eventSchema, event);
  const messages: Message[] = [];
  while (messages.length < jobs.length) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: jobs.length - messages.length,
        WaitTimeSeconds: 1,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      }),
    );
    messages.push(...Messages);
  }
  await limit.map(jobs, (job) => doCalls(sourceBucket, job));
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl,
      Entries: messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle })),
    }),
  );
}

async function doCalls(sourceBucket: string, job: Job): Promise<void> {
  await missing(job.manifest.key);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: sourceBucket, Key: job.source }));
  await Body?.transformToByteArray();
  await Promise.all(job.renditions.map(put));
  await put(job.manifest);
  await s3.send(new HeadObjectCommand({ Bucket: sourceBucket, Key: job.source }));
}

async function missing(Key: string): Promise<void> {
  try {
    await s3.send(new GetObjectCommand({ Bucket: env.IMAGEFLEET_RENDITION_BUCKET, Key }));
  } catch (error) {
    if (error instanceof Error && error.name === "NoSuchKey") return;
    throw error;
  }
  throw new Error(`${Key} exists already: the bench must use new keys`);
}

async function put({ key, bytes, contentType, cacheControl, mark }: Put): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: env.IMAGEFLEET_RENDITION_BUCKET,
      Key: key,
      Body: zeros(bytes),
      ContentType: contentType,
      CacheControl: cacheControl,
      Metadata: { imagefleet: mark },
    }),
  );
}

/** Allocated once for each size: allocation is not part of the calls. */
function zeros(bytes: number): Buffer {
  const buffer = ZEROS.get(bytes) ?? Buffer.alloc(bytes);
  ZEROS.set(bytes, buffer);
  return buffer;
}

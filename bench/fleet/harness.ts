import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { PurgeQueueCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { type LocalAws, spawnLocalAws } from "@imagefleet/local/aws";
import { asEnvironment } from "@imagefleet/local/credentials";
import { type LocalFunction, startFunction } from "@imagefleet/local/function";
import { createResources, MAX_RECEIVES, REGION, type Resources } from "@imagefleet/local/resources";
import pLimit from "p-limit";
import { JobTally } from "./job-tally.ts";

const MIB = 1024 * 1024;

/** The photos lie here, and are copied to be uploaded: the bench's own process reads no bytes. */
const PHOTO_BUCKET = "imagefleet-bench-photos";

/** As the fleet on a laptop has it. */
const FUNCTION = { memoryBytes: 2048 * MIB, timeoutMs: 45_000 };
const VISIBILITY_SECONDS = 60;

/** One set of servers, and the three sides as functions in processes of their own. */
export interface Harness {
  readonly awsPid: number;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly resources: Resources;
  /** The function that ships. */
  readonly consume: LocalFunction;
  /** What it does without queue and store. */
  readonly core: LocalFunction;
  /** What it asks of queue and store, bare. */
  readonly sdk: LocalFunction;
  /** What the function said of its jobs. */
  readonly tally: JobTally;
  /** Uploads a photo, by its path, under a key; its event is in the queue afterwards. */
  upload(photo: string, key: string): Promise<void>;
  close(): Promise<void>;
}

/** @param dir where a folder for the servers is made, which goes with the stage */
export async function openHarness(options: {
  dir: string;
  recipe: URL;
  photos: readonly string[];
}): Promise<Harness> {
  const dataDir = await mkdtemp(join(options.dir, "run-"));
  const aws = await spawnLocalAws({ port: 0, dataDir });
  const client = { region: REGION, endpoint: aws.endpoint, credentials: aws.credentials };
  const s3 = createS3(client);
  const sqs = createSqs(client);
  const visibility = { small: VISIBILITY_SECONDS, large: VISIBILITY_SECONDS };
  const resources = await createResources(s3, sqs, visibility);
  // S3 sends a test event when it is configured: one message that is no photo.
  await sqs.send(new PurgeQueueCommand({ QueueUrl: resources.lanes.small.url }));
  await storePhotos(s3, options.photos);

  const tally = new JobTally();
  const environment = environmentOf(aws, resources, options.recipe);
  const side = (name: string, handler: URL): LocalFunction =>
    startFunction({
      name,
      handler,
      exportName: "handler",
      ...FUNCTION,
      environment,
      maximumConcurrency: Math.max(2, Math.floor(availableParallelism() / 2)),
      onLog: (line) => tally.hear(line),
    });
  const consume = side(
    "imagefleet-consume",
    new URL(import.meta.resolve("@imagefleet/lambda/consume/handler")),
  );
  const core = side("bench-core", new URL("core-handler.ts", import.meta.url));
  const sdk = side("bench-sdk", new URL("sdk-handler.ts", import.meta.url));

  return {
    awsPid: aws.pid,
    s3,
    sqs,
    resources,
    consume,
    core,
    sdk,
    tally,
    async upload(photo, key) {
      await s3.send(
        new CopyObjectCommand({
          CopySource: `${PHOTO_BUCKET}/${basename(photo)}`,
          Bucket: resources.sourceBucket,
          Key: key,
        }),
      );
    },
    async close() {
      await Promise.all([consume.stop(), core.stop(), sdk.stop()]);
      s3.destroy();
      sqs.destroy();
      await aws.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function storePhotos(s3: S3Client, photos: readonly string[]): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: PHOTO_BUCKET }));
  await pLimit(2).map(photos, async (photo) => {
    const Body = await readFile(photo);
    await s3.send(new PutObjectCommand({ Bucket: PHOTO_BUCKET, Key: basename(photo), Body }));
  });
}

/** What infra gives the function, for these servers. */
function environmentOf(
  { endpoint, credentials }: LocalAws,
  { renditionBucket, lanes }: Resources,
  recipe: URL,
): Record<string, string> {
  return {
    AWS_REGION: REGION,
    ...asEnvironment(credentials),
    AWS_ENDPOINT_URL: endpoint,
    IMAGEFLEET_RENDITION_BUCKET: renditionBucket,
    IMAGEFLEET_SMALL_QUEUE_URL: lanes.small.url,
    IMAGEFLEET_SMALL_DLQ_URL: lanes.small.deadLetters,
    IMAGEFLEET_LARGE_QUEUE_URL: lanes.large.url,
    IMAGEFLEET_MAX_RECEIVES: String(MAX_RECEIVES),
    IMAGEFLEET_RECIPE: recipe.href,
  };
}

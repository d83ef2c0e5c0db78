import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { type LocalFunction, startFunction } from "@imagefleet/local/function";
import { MAX_RECEIVES, REGION } from "@imagefleet/local/resources";
import { environmentIn } from "@imagefleet/local/sandbox";
import pLimit from "p-limit";
import { RECIPE, runFolder } from "../data.ts";
import { MIB } from "../measure/peak.ts";
import { type Servers, startServers } from "../servers.ts";
import { JobTally } from "./job-tally.ts";

/** The bucket from which photos are copied: the process of the bench reads no bytes. */
const PHOTO_BUCKET = "imagefleet-bench-photos";

/** The function of the local fleet. */
const FUNCTION = { memoryBytes: 2048 * MIB, timeoutMs: 45_000 };
const VISIBILITY_SECONDS = 60;

/** Servers, and the three contestants as functions in processes of their own. */
export interface Harness extends Servers {
  /** The shipped function. */
  readonly consume: LocalFunction;
  /** Its renders alone, without queue and store. */
  readonly core: LocalFunction;
  /** Its calls to S3 and SQS alone. */
  readonly sdk: LocalFunction;
  /** The outcomes in the log of the function. */
  readonly tally: JobTally;
  /** Uploads the photo of a path. Its event is in the queue afterwards. */
  upload(photo: string, key: string): Promise<void>;
}

export async function openHarness(photos: readonly string[]): Promise<Harness> {
  const folder = await runFolder();
  const servers = await startServers(folder.path, VISIBILITY_SECONDS);
  const { aws, s3, sqs, resources } = servers;
  // The configuration of S3 notifications sends a test event.
  await sqs.send(new PurgeQueueCommand({ QueueUrl: resources.lanes.small.url }));
  await storePhotos(s3, photos);

  const tally = new JobTally();
  const { endpoint, credentials } = aws;
  const environment = {
    ...environmentIn({ region: REGION, endpoint, credentials, resources }),
    IMAGEFLEET_MAX_RECEIVES: String(MAX_RECEIVES),
    IMAGEFLEET_RECIPE: RECIPE.href,
  };
  const start = (name: string, handler: URL): LocalFunction =>
    startFunction({
      name,
      handler,
      exportName: "handler",
      ...FUNCTION,
      environment,
      maximumConcurrency: Math.max(2, Math.floor(availableParallelism() / 2)),
      onLog: (line) => tally.add(line),
    });
  const consume = start(
    "imagefleet-consume",
    new URL(import.meta.resolve("@imagefleet/lambda/consume/handler")),
  );
  const core = start("bench-core", new URL("core-handler.ts", import.meta.url));
  const sdk = start("bench-sdk", new URL("sdk-handler.ts", import.meta.url));

  return {
    ...servers,
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
    async [Symbol.asyncDispose]() {
      await Promise.all([consume.stop(), core.stop(), sdk.stop()]);
      await servers[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
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

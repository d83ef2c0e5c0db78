import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
} from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { jobMessage } from "@imagefleet/core/intake";
import { manifestKey } from "@imagefleet/core/plan";
import { Queue } from "@imagefleet/core/queue";
import { RenditionStore } from "@imagefleet/core/store";
import { asEnvironment } from "@imagefleet/local/credentials";
import { MAX_RECEIVES, REGION } from "@imagefleet/local/resources";
import recipe from "@imagefleet/workspace/recipe";
import sharp from "sharp";
import { describe, expect, inject, it } from "vitest";
import { startWorkerContainer } from "./worker-container.ts";

const image = inject("workerImage");
const endpoint = inject("motoEndpoint");
const MINUTES = 60_000;
/** moto accepts any. */
const CREDENTIALS = { accessKeyId: "any", secretAccessKey: "any" };

// moto is shared with the project's other tests, so the names here are unique.
const [SOURCES, RENDITIONS] = ["drained-by-the-worker", "drained-by-the-worker-renditions"];

describe.skipIf(image === "" || endpoint === "")(
  "the worker's image, on a server of others",
  () => {
    it("drains the large lane: renditions, rejections and deleted sources", {
      timeout: 3 * MINUTES,
    }, async () => {
      const client = { region: REGION, endpoint, credentials: CREDENTIALS };
      const [s3, sqs] = [createS3(client), createSqs(client)];
      const queue = async (
        QueueName: string,
        Attributes: Partial<Record<QueueAttributeName, string>> = {},
      ): Promise<{ url: string; look(): Promise<Record<string, string>> }> => {
        const { QueueUrl: url = "" } = await sqs.send(
          new CreateQueueCommand({ QueueName, Attributes }),
        );
        const look = async () => {
          const asked = { QueueUrl: url, AttributeNames: ["All" as const] };
          return (await sqs.send(new GetQueueAttributesCommand(asked))).Attributes ?? {};
        };
        return { url, look };
      };
      for (const Bucket of [SOURCES, RENDITIONS])
        await s3.send(new CreateBucketCommand({ Bucket }));
      const deadLetters = await queue("drained-dlq");
      const { QueueArn: deadLetterTargetArn } = await deadLetters.look();
      const large = await queue("drained", {
        VisibilityTimeout: "60",
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: MAX_RECEIVES }),
      });

      const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
      const create = { width: 1600, height: 1200, channels: 3, background: "#000", noise } as const;
      const sources = {
        "a photo.jpg": await sharp({ create }).jpeg().toBuffer(),
        "drawing.png": await sharp({ create }).png({ compressionLevel: 1 }).toBuffer(),
        "broken.jpg": Buffer.from("no picture"),
      };
      for (const [Key, Body] of Object.entries(sources)) {
        await s3.send(new PutObjectCommand({ Bucket: SOURCES, Key, Body }));
      }
      const lane = new Queue(sqs, large.url);
      for (const key of [...Object.keys(sources), "gone.jpg"]) {
        await lane.send({
          body: jobMessage({ bucket: SOURCES, key, mayHaveRun: false, force: false }),
        });
      }

      const worker = await startWorkerContainer(
        image,
        {
          AWS_REGION: REGION,
          ...asEnvironment(CREDENTIALS),
          AWS_ENDPOINT_URL: endpoint,
          IMAGEFLEET_RENDITION_BUCKET: RENDITIONS,
          IMAGEFLEET_LARGE_QUEUE_URL: large.url,
          IMAGEFLEET_LARGE_DLQ_URL: deadLetters.url,
          IMAGEFLEET_POLL_SECONDS: "1",
        },
        { memory: 2048, cpus: 2 },
      );
      try {
        await worker.said({ msg: "job", key: "a photo.jpg", outcome: "rendered" });
        await worker.said({ msg: "job", key: "drawing.png", outcome: "rendered" });
        await worker.said({ msg: "job", key: "broken.jpg", outcome: "rejected" });
        await worker.said({ msg: "job", key: "gone.jpg", outcome: "removed" });
        await worker.kill("SIGTERM");
        expect(await worker.exit()).toEqual({ code: 0, outOfMemory: false });
      } finally {
        await worker.remove();
      }

      const store = new RenditionStore(s3, RENDITIONS);
      for (const key of ["a photo.jpg", "drawing.png"]) {
        const stored = await store.manifest(manifestKey(recipe, key), AbortSignal.timeout(MINUTES));
        expect(stored?.manifest?.renditions.length).toBe(Object.keys(recipe.presets).length);
      }
      expect(await large.look()).toMatchObject({
        ApproximateNumberOfMessages: "0",
        ApproximateNumberOfMessagesNotVisible: "0",
      });
      expect(await deadLetters.look()).toMatchObject({ ApproximateNumberOfMessages: "1" });
      s3.destroy();
      sqs.destroy();
    });
  },
);

import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Upload } from "@aws-sdk/lib-storage";
import { jobMessage } from "@imagefleet/core/intake";
import { manifestKey } from "@imagefleet/core/plan";
import { Queue } from "@imagefleet/core/queue";
import { RenditionStore } from "@imagefleet/core/store";
import { type Sandbox, startSandbox, workerEnvironmentIn } from "@imagefleet/local/sandbox";
import recipe from "@imagefleet/workspace/recipe";
import sharp from "sharp";
import { afterEach, beforeEach } from "vitest";
import { startWorkerContainer, type TaskSize, type WorkerContainer } from "./worker-container.ts";

export const TASK: TaskSize = { memory: 2048, cpus: 2 };
export const MINUTES = 60_000;
const LEASE_SECONDS = 5;

/** For each test of a file new queues and buckets, a folder for sources, and the worker's image before them. */
export function useWorkerSandbox(image: string) {
  let sandbox: Sandbox;
  let worker: WorkerContainer | undefined;
  let folder: string;

  const removeWorker = async () => {
    await worker?.remove();
    worker = undefined;
  };
  beforeEach(async () => {
    sandbox = await startSandbox({ small: 60, large: LEASE_SECONDS });
    folder = await mkdtemp(join(tmpdir(), "imagefleet-container-"));
  });
  afterEach(async () => {
    await removeWorker();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  return {
    removeWorker,
    sqs: () => sandbox.sqs,
    largeLane: () => sandbox.resources.lanes.large,
    file: (name: string) => join(folder, name),
    waiting: (url: string) => new Queue(sandbox.sqs, url).counts(),

    async start(size: TaskSize, more: Record<string, string> = {}, recipeFile?: string) {
      const environment = {
        ...workerEnvironmentIn(sandbox),
        IMAGEFLEET_JOBS: "1",
        IMAGEFLEET_LEASE_SECONDS: String(LEASE_SECONDS),
        ...more,
      };
      worker = await startWorkerContainer(image, environment, size, recipeFile);
      return worker;
    },

    async upload(key: string, path: string): Promise<void> {
      const Bucket = sandbox.resources.sourceBucket;
      const params = { Bucket, Key: key, Body: createReadStream(path) };
      await new Upload({ client: sandbox.s3, params, partSize: 64 * 1024 * 1024 }).done();
      const queue = new Queue(sandbox.sqs, sandbox.resources.lanes.large.url);
      await queue.send({
        body: jobMessage({ bucket: Bucket, key, mayHaveRun: false, force: false }),
      });
    },

    /** A JPEG of 108 megapixels. Progressive: all of its coefficients are in memory for any output size. */
    async progressive(): Promise<string> {
      const noise = { type: "gaussian", mean: 128, sigma: 50 } as const;
      const create = { width: 1200, height: 900, channels: 3, background: "#000", noise } as const;
      const path = join(folder, "photo.jpg");
      await sharp({ create })
        .resize(12_000, 9000, { fit: "fill", kernel: "cubic" })
        .jpeg({ quality: 85, progressive: true })
        .toFile(path);
      return path;
    },

    async manifestOf(key: string) {
      const store = new RenditionStore(sandbox.s3, sandbox.resources.renditionBucket);
      const stored = await store.manifest(manifestKey(recipe, key), AbortSignal.timeout(MINUTES));
      return stored?.manifest;
    },
  };
}

import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PurgeQueueCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { spawnLocalAws } from "@imagefleet/local/aws";
import type { Credentials } from "@imagefleet/local/credentials";
import { createResources, REGION, type Resources } from "@imagefleet/local/resources";
import { DATA } from "../data.ts";

/** Servers in a process of their own, whose queue nobody drains. */
export interface Harness extends AsyncDisposable {
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly awsPid: number;
  readonly sqs: SQSClient;
  readonly resources: Resources;
  /** A folder that goes with the stage. */
  readonly folder: string;
  /** A file of so many keys, as long as those of a bucket of photos. */
  keys(count: number): Promise<string>;
  /** Empties the queue. */
  empty(): Promise<void>;
}

export async function openHarness(): Promise<Harness> {
  await mkdir(DATA, { recursive: true });
  const folder = await mkdtemp(join(DATA, "run-"));
  const aws = await spawnLocalAws({ port: 0, dataDir: join(folder, "aws") });
  const client = { region: REGION, endpoint: aws.endpoint, credentials: aws.credentials };
  const s3 = createS3(client);
  const sqs = createSqs(client);
  const resources = await createResources(s3, sqs, { small: 30, large: 30 });
  s3.destroy();
  return {
    endpoint: aws.endpoint,
    credentials: aws.credentials,
    awsPid: aws.pid,
    sqs,
    resources,
    folder,
    async keys(count) {
      const file = join(folder, `keys-${count}.txt`);
      await pipeline(Readable.from(keyLines(count)), createWriteStream(file));
      return file;
    },
    async empty() {
      await sqs.send(new PurgeQueueCommand({ QueueUrl: resources.lanes.small.url }));
    },
    async [Symbol.asyncDispose]() {
      sqs.destroy();
      await aws.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The n-th key, from 0. */
function keyAt(n: number): string {
  const month = String(1 + (n % 12)).padStart(2, "0");
  return `customers/${String(n % 977).padStart(4, "0")}/2026/${month}/IMG_${String(n).padStart(7, "0")}.jpg`;
}

/** Which key it is, counted from 0; NaN for any other. */
export function numberOf(key: string): number {
  return Number(/IMG_(\d+)\.jpg$/.exec(key)?.[1]);
}

function* keyLines(count: number): Generator<string> {
  for (let n = 0; n < count; n++) yield `${keyAt(n)}\n`;
}

import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { runFolder } from "../data.ts";
import { type Servers, startServers } from "../servers.ts";

/** Servers without a consumer of their queue. */
export interface Harness extends Omit<Servers, "s3"> {
  /** A folder that is removed with the harness. */
  readonly folder: string;
  /** Writes a file of keys, as long as those of a bucket of photos. */
  keys(count: number): Promise<string>;
  /** Empties the queue. */
  empty(): Promise<void>;
}

export async function openHarness(): Promise<Harness> {
  const folder = await runFolder();
  const servers = await startServers(join(folder.path, "aws"), 30);
  const { aws, sqs, resources } = servers;
  return {
    aws,
    sqs,
    resources,
    folder: folder.path,
    async keys(count) {
      const file = join(folder.path, `keys-${count}.txt`);
      await pipeline(Readable.from(keyLines(count)), createWriteStream(file));
      return file;
    },
    async empty() {
      await sqs.send(new PurgeQueueCommand({ QueueUrl: resources.lanes.small.url }));
    },
    async [Symbol.asyncDispose]() {
      await servers[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The n-th key, from 0. */
function keyAt(n: number): string {
  const month = String(1 + (n % 12)).padStart(2, "0");
  return `customers/${String(n % 977).padStart(4, "0")}/2026/${month}/IMG_${String(n).padStart(7, "0")}.jpg`;
}

/** The number of a key, from 0; NaN for any other key. */
export function numberOf(key: string): number {
  return Number(/IMG_(\d+)\.jpg$/.exec(key)?.[1]);
}

function* keyLines(count: number): Generator<string> {
  for (let n = 0; n < count; n++) yield `${keyAt(n)}\n`;
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import pLimit from "p-limit";
import sharp from "sharp";
import { RECIPE, runFolder } from "../data.ts";
import { startServers } from "../servers.ts";

const PUTS_AT_ONCE = 8;
/** px */
const PICTURE = { width: 320, height: 240 };

/** The fleet of `npm start`, with sources that are not rendered yet. */
export interface Harness extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly folder: string;
  /** A file with the keys of the sources. */
  readonly keys: string;
  /** An image to upload. */
  readonly picture: string;
}

/** @param sources the number of sources in the bucket */
export async function openHarness(sources: number, say: (text: string) => void): Promise<Harness> {
  const run = await runFolder();
  const folder = run.path;
  const picture = join(folder, "picture.jpg");
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  await sharp({ create: { ...PICTURE, channels: 3, background: "#369", noise } }).toFile(picture);
  const names = Array.from({ length: sources }, (_unused, n) => `old/${n}.jpg`);
  const keys = join(folder, "keys.txt");
  await writeFile(keys, names.join("\n"));
  const dataDir = join(folder, "fleet");
  say(`storing ${sources} images …`);
  await store(dataDir, names, await sharp(picture).toBuffer());
  const fleet = await startFleet({ dataDir, port: 0, recipe: RECIPE });
  fleet.onNotice(say);
  await fleet.idle();
  return {
    fleet,
    folder,
    keys,
    picture,
    async [Symbol.asyncDispose]() {
      await fleet.stop();
      await run[Symbol.asyncDispose]();
    },
  };
}

/** Stores the sources before the fleet starts, and deletes their events. */
async function store(dataDir: string, keys: readonly string[], Body: Buffer): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await using servers = await startServers(dataDir, 30);
  const { s3, sqs, resources } = servers;
  await pLimit(PUTS_AT_ONCE).map(keys, (Key) =>
    s3.send(new PutObjectCommand({ Bucket: resources.sourceBucket, Key, Body })),
  );
  await sqs.send(new PurgeQueueCommand({ QueueUrl: resources.lanes.small.url }));
}

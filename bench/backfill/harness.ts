import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { createS3, createSqs } from "@imagefleet/core/aws";
import { spawnLocalAws } from "@imagefleet/local/aws";
import { type Fleet, startFleet } from "@imagefleet/local/fleet";
import { createResources, REGION } from "@imagefleet/local/resources";
import pLimit from "p-limit";
import sharp from "sharp";
import { DATA } from "../data.ts";

const RECIPE = new URL("../../recipe.ts", import.meta.url);
const PUTS_AT_ONCE = 8;
/** px */
const PICTURE = { width: 320, height: 240 };

/** The fleet that `npm start` starts, with sources that nobody has rendered yet. */
export interface Harness extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly folder: string;
  /** A file with the keys of the sources. */
  readonly keys: string;
  /** A picture to upload. */
  readonly picture: string;
}

/** @param sources how many lie in the bucket */
export async function openHarness(sources: number, say: (text: string) => void): Promise<Harness> {
  await mkdir(DATA, { recursive: true });
  const folder = await mkdtemp(join(DATA, "run-"));
  const picture = join(folder, "picture.jpg");
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  await sharp({ create: { ...PICTURE, channels: 3, background: "#369", noise } }).toFile(picture);
  const names = Array.from({ length: sources }, (_unused, n) => `old/${n}.jpg`);
  const keys = join(folder, "keys.txt");
  await writeFile(keys, names.join("\n"));
  const dataDir = join(folder, "fleet");
  say(`storing ${sources} pictures …`);
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
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Before there is anybody who would render them. */
async function store(dataDir: string, keys: readonly string[], Body: Buffer): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const aws = await spawnLocalAws({ port: 0, dataDir });
  const client = { region: REGION, endpoint: aws.endpoint, credentials: aws.credentials };
  const s3 = createS3(client);
  const sqs = createSqs(client);
  const { sourceBucket, lanes } = await createResources(s3, sqs, { small: 30, large: 30 });
  await pLimit(PUTS_AT_ONCE).map(keys, (Key) =>
    s3.send(new PutObjectCommand({ Bucket: sourceBucket, Key, Body })),
  );
  await sqs.send(new PurgeQueueCommand({ QueueUrl: lanes.small.url }));
  s3.destroy();
  sqs.destroy();
  await aws.close();
}

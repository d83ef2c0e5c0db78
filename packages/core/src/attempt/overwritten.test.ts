import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { Chance } from "@imagefleet/test/model/chance.ts";
import sharp from "sharp";
import { expect, it } from "vitest";
import { Queue } from "../queue/index.ts";
import { defineRecipe } from "../recipe/index.ts";
import { RenditionStore } from "../store/index.ts";
import type { AttemptContext } from "./attempt.ts";
import { attempt, context, inSandbox, never, sandbox } from "./sandbox.fixture.ts";

const VERSIONS = 50;
const WORKERS = 2;
const recipe = defineRecipe({ presets: { thumb: "10x10", hero: { widths: [16, 64] } } });
inSandbox();

function contextOf(large: Queue): AttemptContext {
  const { reconcile, ...rest } = context({ large, maxReceives: 1000, now: Date.now });
  return { ...rest, reconcile: { ...reconcile, recipe }, random: Math.random };
}

/** Attempts messages until the uploads are over and the queue is empty. */
async function work(queue: Queue, isOver: () => boolean): Promise<void> {
  for (;;) {
    const over = isOver();
    const messages = await queue.receive({ max: 2, waitSeconds: over ? 2 : 0 });
    if (over && messages.length === 0) return;
    for (const message of messages) {
      const settlement = await attempt(message, contextOf(queue), never);
      if (settlement.kind === "acknowledge") await queue.delete(message);
      else await queue.changeVisibility(message, 0);
    }
  }
}

it.each([1, 2])(
  "ends with the renditions of the last of 50 versions, whatever ran concurrently (seed %i)",
  async (seed) => {
    const { s3, sqs, resources } = sandbox;
    const { sourceBucket: Bucket, renditionBucket } = resources;
    const queue = new Queue(sqs, resources.lanes.small.url);
    const chance = new Chance(seed);
    const Key = `changing/${seed}.png`;
    let over = false;
    const workers = Array.from({ length: WORKERS }, () => work(queue, () => over));
    let last = { width: 0, color: "" };
    for (let version = 1; version <= VERSIONS; version++) {
      const color = `#${(version * 4).toString(16).padStart(2, "0").repeat(3)}`;
      last = { width: 8 + chance.below(120), color };
      const create = { width: last.width, height: 40, channels: 3, background: color } as const;
      const Body = await sharp({ create }).png().toBuffer();
      if (version < VERSIONS && chance.happens(0.1)) {
        await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      }
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    }
    over = true;
    await Promise.all(workers);

    const renditions = new RenditionStore(s3, renditionBucket);
    const stored = await renditions.manifest(`manifests/${Key}.json`, never);
    expect(stored?.manifest).toMatchObject({ source: { width: last.width }, stale: [] });
    for (const { key, etag, width, height } of stored?.manifest?.renditions ?? []) {
      const got = await s3.send(new GetObjectCommand({ Bucket: renditionBucket, Key: key }));
      expect(got.ETag).toBe(etag);
      const image = sharp(await got.Body?.transformToByteArray());
      expect(await image.metadata()).toMatchObject({ width, height });
      const { dominant } = await image.stats();
      const wanted = Number.parseInt(last.color.slice(1, 3), 16);
      expect(Math.abs((dominant.r >> 3) - (wanted >> 3))).toBeLessThanOrEqual(2);
    }
    const keys = stored?.manifest?.renditions.map(({ key }) => key) ?? [];
    expect(await storedFor(`${seed}.png`)).toEqual([...keys, `manifests/${Key}.json`].sort());
  },
);

async function storedFor(name: string): Promise<string[]> {
  const Bucket = sandbox.resources.renditionBucket;
  const { Contents = [] } = await sandbox.s3.send(new ListObjectsV2Command({ Bucket }));
  return Contents.map(({ Key = "" }) => Key)
    .filter((key) => key.includes(name))
    .sort();
}

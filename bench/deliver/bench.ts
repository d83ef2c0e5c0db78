import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { type DeliverResources, deliver } from "@imagefleet/core/deliver";
import { configureCodec, ENCODER } from "@imagefleet/core/image";
import { jobMessage } from "@imagefleet/core/intake";
import { manifestKey } from "@imagefleet/core/plan";
import { Queue } from "@imagefleet/core/queue";
import { defineRecipe, recipeFingerprint } from "@imagefleet/core/recipe";
import { reconcile } from "@imagefleet/core/reconcile";
import { MemorySemaphore } from "@imagefleet/core/semaphore";
import { RenditionStore, SourceStore } from "@imagefleet/core/store";
import sharp, { type Sharp } from "sharp";
import { runFolder } from "../data.ts";
import { photos as makePhotos } from "../fleet/photos.ts";
import { ownCpu } from "../measure/cpu.ts";
import { interleaved, type Side } from "../measure/interleaved.ts";
import { MIB } from "../measure/peak.ts";
import { median, medianRatio } from "../measure/statistics.ts";
import { defineBench } from "../runner.ts";
import { type Servers, startServers } from "../servers.ts";

const BAR = 1.1;
/** Longer than the bench: no job is received. */
const SETTLE_SECONDS = 900;
const WIDTH = 800;

const FORMATS = ["webp", "avif"] as const;
type Format = (typeof FORMATS)[number];

const recipe = defineRecipe({
  presets: {
    thumb: "150x150",
    hero: { size: `${WIDTH}x`, formats: [...FORMATS], when: "request" },
  },
});

/** What the preset says, written for sharp. */
const ENCODED: Readonly<Record<Format, (picture: Sharp) => Sharp>> = {
  webp: (picture) => picture.webp({ quality: 78, effort: 2 }),
  avif: (picture) => picture.avif({ quality: 55, effort: 2 }),
};

/**
 * The CPU of a rendition that is made on request: `deliver`, and beside it sharp with the same five
 * calls, both in this process and against the same servers. Each makes every rendition of a source of
 * its own, whose manifest is stored.
 */
export const deliverBench = defineBench<{ rounds: number; times: number }>(
  "deliver",
  async ({ rounds, times }, { say, signal }) => {
    const photos = await makePhotos(say);
    configureCodec({ threads: availableParallelism() });
    await using folder = await runFolder();
    await using servers = await startServers(folder.path, 60);
    const count = rounds * (times + 1);
    say(`uploading ${count} sources …`);
    const sources = await upload(servers, photos, count);
    const contestants = new Map<string, Side>();
    for (const format of FORMATS) {
      contestants.set(`deliver ${format}`, deliverSide(servers, format, sources));
      contestants.set(`bare ${format}`, bareSide(servers, format, sources));
    }
    say(`${rounds} rounds of ${times} misses …`);
    const measured = await interleaved(contestants, { rounds, times, signal });
    const cpuMs = Object.fromEntries(
      [...measured].map(([name, each]) => [name, median(each)] as const),
    );
    const ratios = Object.fromEntries(
      FORMATS.map((format) => {
        const of = (side: string) => measured.get(`${side} ${format}`) ?? [];
        return [`deliver / bare, ${format}`, medianRatio(of("deliver"), of("bare"))] as const;
      }),
    );
    return {
      title: `deliver: a miss of ${WIDTH} px from a JPEG of 12 MP, medians of ${rounds} rounds`,
      tables: (was) => [
        {
          columns: ["CPU ms per miss", "now", "baseline"],
          rows: Object.entries(cpuMs).map(([name, ms]) => [name, ms.toFixed(1), was(name)]),
        },
      ],
      bars: Object.entries(ratios).map(([what, is]) => ({ what, is, most: BAR })),
      ratios,
      figures: cpuMs,
      setup: `recipe ${recipeFingerprint(recipe, ENCODER)}, ${availableParallelism()} CPUs`,
      result: { rounds, times, cpuMs, ratios },
    };
  },
);

/** Stores sources and their manifests. @returns their keys */
async function upload(
  servers: Servers,
  photos: readonly string[],
  count: number,
): Promise<string[]> {
  const { s3, resources } = servers;
  const { sourceBucket, renditionBucket } = resources;
  const texts = new Map<string, string>();
  for (const photo of photos.slice(0, count)) {
    const key = basename(photo);
    const Body = await readFile(photo);
    await s3.send(new PutObjectCommand({ Bucket: sourceBucket, Key: key, Body }));
    const job = { bucket: sourceBucket, key, mayHaveRun: false, force: false };
    const context = { ...shared(servers), lane: "small" } as const;
    await reconcile(job, context, new AbortController().signal);
    const at = { Bucket: renditionBucket, Key: manifestKey(recipe, key) };
    const stored = await s3.send(new GetObjectCommand(at));
    texts.set(key, (await stored.Body?.transformToString()) ?? "");
  }
  const originals = [...texts];
  const keys: string[] = [];
  for (let at = 0; at < count; at++) {
    const [original, text] = originals[at % originals.length] ?? ["", ""];
    const key = `${at}/${original}`;
    const CopySource = `${sourceBucket}/${original}`;
    await s3.send(new CopyObjectCommand({ Bucket: sourceBucket, Key: key, CopySource }));
    const Key = manifestKey(recipe, key);
    const Body = text.replaceAll(original, key);
    await s3.send(new PutObjectCommand({ Bucket: renditionBucket, Key, Body }));
    keys.push(key);
  }
  return keys;
}

function shared({ s3, resources }: Servers) {
  const memoryBytes = 1024 * MIB;
  return {
    recipe,
    sources: new SourceStore(s3),
    renditions: new RenditionStore(s3, resources.renditionBucket),
    memoryBytes,
    renderSemaphore: new MemorySemaphore({ bytes: memoryBytes, slots: 1 }).run,
  };
}

function deliverSide(servers: Servers, format: Format, sources: readonly string[]): Side {
  const { sqs, resources: names } = servers;
  const resources: DeliverResources = {
    ...shared(servers),
    sourceBuckets: [names.sourceBucket],
    small: new Queue(sqs, names.lanes.small.url),
    large: new Queue(sqs, names.lanes.large.url),
    settleSeconds: SETTLE_SECONDS,
    now: Date.now,
  };
  let at = 0;
  return {
    cpu: ownCpu,
    async once() {
      const key = `hero/${sources[at++]}.${format}`;
      const answer = await deliver(key, resources, new AbortController().signal);
      if (answer.status === 200 && answer.etag !== undefined) return;
      throw new Error(`${key} was not stored: ${JSON.stringify(answer).slice(0, 200)}`);
    },
  };
}

/** The five calls that a delivery needs, and sharp. */
function bareSide(servers: Servers, format: Format, sources: readonly string[]): Side {
  const { s3, sqs, resources } = servers;
  const { sourceBucket, renditionBucket, lanes } = resources;
  let at = 0;
  return {
    cpu: ownCpu,
    async once() {
      const key = sources[at++] ?? "";
      const source = { Bucket: sourceBucket, Key: key };
      const manifest = { Bucket: renditionBucket, Key: manifestKey(recipe, key) };
      const [bytes] = await Promise.all([
        s3.send(new GetObjectCommand(source)).then(({ Body }) => Body?.transformToByteArray()),
        s3.send(new GetObjectCommand(manifest)).then(({ Body }) => Body?.transformToString()),
      ]);
      const picture = sharp(bytes).autoOrient().resize({ width: WIDTH, withoutEnlargement: true });
      const Body = await ENCODED[format](picture).toBuffer();
      const Key = `bare/${key}.${format}`;
      const job = { bucket: sourceBucket, key, mayHaveRun: false, force: false, check: [Key] };
      const message = { QueueUrl: lanes.small.url, MessageBody: jobMessage(job) };
      await sqs.send(new SendMessageCommand({ ...message, DelaySeconds: SETTLE_SECONDS }));
      const put = { Bucket: renditionBucket, Key, Body, ContentType: `image/${format}` };
      await s3.send(new PutObjectCommand({ ...put, IfNoneMatch: "*" }));
      await s3.send(new HeadObjectCommand(source));
    },
  };
}

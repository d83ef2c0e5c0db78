import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { type DeliverResources, deliver } from "@imagefleet/core/deliver";
import { jobMessage } from "@imagefleet/core/intake";
import { manifestKey } from "@imagefleet/core/plan";
import { Queue } from "@imagefleet/core/queue";
import sharp, { type Sharp } from "sharp";
import { ownCpu } from "../measure/cpu.ts";
import { interleaved, type Side } from "../measure/interleaved.ts";
import { median, medianRatio } from "../measure/statistics.ts";
import type { Servers } from "../servers.ts";
import type { Source } from "./contestants.ts";
import recipe, { WIDTH } from "./recipe.ts";
import { shared } from "./sources.ts";

/** Longer than the bench: no job is received. */
const SETTLE_SECONDS = 900;

const FORMATS = ["webp", "avif"] as const;
type Format = (typeof FORMATS)[number];

/** What the preset says, written for sharp. */
const ENCODED: Readonly<Record<Format, (picture: Sharp) => Sharp>> = {
  webp: (picture) => picture.webp({ quality: 78, effort: 2 }),
  avif: (picture) => picture.avif({ quality: 55, effort: 2, chromaSubsampling: "4:4:4" }),
};

/** The number of sources that `besideBare` needs. */
export function sourcesForBare({ rounds, times }: { rounds: number; times: number }): number {
  return rounds * (times + 1);
}

/**
 * The CPU time of a rendition that is made on request: `deliver`, and beside it sharp with the same five
 * calls, both in this process and against the same servers. Each makes every rendition of a source of
 * its own, whose manifest is stored.
 *
 * @returns ms by contestant, and the ratios by format
 */
export async function besideBare(
  servers: Servers,
  sources: readonly Pick<Source, "key">[],
  options: { rounds: number; times: number; signal: AbortSignal },
): Promise<{ cpuMs: Record<string, number>; ratios: Record<string, number> }> {
  const contestants = new Map<string, Side>();
  for (const format of FORMATS) {
    contestants.set(`deliver ${format}`, deliverSide(servers, format, sources));
    contestants.set(`bare ${format}`, bareSide(servers, format, sources));
  }
  const measured = await interleaved(contestants, options);
  const cpuMs = Object.fromEntries(
    [...measured].map(([name, each]) => [name, median(each)] as const),
  );
  const ratios = Object.fromEntries(
    FORMATS.map((format) => {
      const of = (side: string) => measured.get(`${side} ${format}`) ?? [];
      return [`deliver / bare, ${format}`, medianRatio(of("deliver"), of("bare"))] as const;
    }),
  );
  return { cpuMs, ratios };
}

function deliverSide(
  servers: Servers,
  format: Format,
  sources: readonly Pick<Source, "key">[],
): Side {
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
      const key = `hero/${sources[at++]?.key}.${format}`;
      const answer = await deliver(key, resources, new AbortController().signal);
      if (answer.status === 200 && answer.etag !== undefined) return;
      throw new Error(`${key} was not stored: ${JSON.stringify(answer).slice(0, 200)}`);
    },
  };
}

/** The five calls that a delivery needs, and sharp. */
function bareSide(servers: Servers, format: Format, sources: readonly Pick<Source, "key">[]): Side {
  const { s3, sqs, resources } = servers;
  const { sourceBucket, renditionBucket, lanes } = resources;
  let at = 0;
  return {
    cpu: ownCpu,
    async once() {
      const { key = "" } = sources[at++] ?? {};
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

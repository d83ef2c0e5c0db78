import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { type BatchReport, startEventSource } from "@imagefleet/local/event-source";
import { startFunction } from "@imagefleet/local/function";
import { MAX_RECEIVES, REGION } from "@imagefleet/local/resources";
import { environmentIn } from "@imagefleet/local/sandbox";
import {
  Account,
  Chance,
  Clock,
  Histogram,
  LambdaFunction,
  Mapping,
  Queue,
} from "@imagefleet/simulation";
import pLimit from "p-limit";
import sharp from "sharp";
import { runFolder } from "../data.ts";
import { MIB } from "../measure/peak.ts";
import { type Context, defineBench } from "../runner.ts";
import { startServers } from "../servers.ts";

const RECIPE = 'export default { presets: { thumb: "48x48", small: "120w" } };\n';
const FUNCTIONS = 2;
const BATCH_SIZE = 10;
const WINDOW_MS = 200;
const VISIBILITY_SECONDS = 300;
/** The share of what the fleet can do at which the pictures come. */
const USE = 0.7;
/** The aim: how far the prediction may be off. */
const WITHIN = 0.15;

/** What a run comes to; waits in s, from a picture's upload until its batch has been answered. */
interface Outcome {
  readonly rate: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
}

/** A batch as it was measured: messages, and s from the invocation to the last delete. */
interface Batch {
  readonly messages: number;
  readonly seconds: number;
}

/**
 * A run of the local fleet beside the model's prediction with the local event source's own constants. The
 * time of a batch by its size comes from an earlier run of other pictures, at random times as well.
 */
export const simulation = defineBench<{ images: number }>(
  "simulation",
  async ({ images }, context) => {
    const { say, signal } = context;
    await using local = await open(context);
    say("full batches, for what the fleet can do …");
    const full = await local.run(400, () => 0);
    const capacity = 400 / full.seconds;
    const mean = 1 / (capacity * USE);
    say(`${capacity.toFixed(1)} pictures a second; a tenth of the run, for the time of a batch …`);
    const before = new Chance(1, "before");
    const calibration = await local.run(Math.ceil(images / 10), () => before.exponential(mean));
    signal.throwIfAborted();
    say(`${images} pictures …`);
    const arrivals = new Chance(2, "arrivals");
    const measured = await local.run(images, () => arrivals.exponential(mean));
    const predicted = predict(images, mean, calibration.batches);
    const rows: (readonly [string, keyof Outcome, string])[] = [
      ["pictures a second", "rate", ""],
      ["wait, mean", "mean", " s"],
      ["wait, p50", "p50", " s"],
      ["wait, p95", "p95", " s"],
    ];
    const ratios = Object.fromEntries(
      rows.map(([name, key]) => [name, predicted[key] / measured.outcome[key]]),
    );
    return {
      title: `simulation: ${images} pictures of the local fleet, at ${Math.round(100 * USE)} % of what it can do, beside the model`,
      tables: () => [
        {
          columns: ["", "measured", "predicted", "ratio"],
          rows: rows.map(([name, key, unit]) => [
            name,
            `${measured.outcome[key].toFixed(2)}${unit}`,
            `${predicted[key].toFixed(2)}${unit}`,
            (ratios[name] ?? Number.NaN).toFixed(3),
          ]),
        },
      ],
      bars: Object.entries(ratios).flatMap(([what, is]) => [
        { what, is, most: 1 + WITHIN },
        { what, is, least: 1 - WITHIN },
      ]),
      ratios: {},
      figures: {},
      setup: `${images} pictures, ${FUNCTIONS} functions`,
      result: { measured: measured.outcome, predicted },
    };
  },
);

async function open({ say }: Context) {
  const folder = await runFolder();
  const servers = await startServers(folder.path, VISIBILITY_SECONDS);
  const { aws, s3, sqs, resources } = servers;
  const recipe = join(folder.path, "recipe.mjs");
  await writeFile(recipe, RECIPE);
  await sqs.send(new PurgeQueueCommand({ QueueUrl: resources.lanes.small.url }));
  const picture = await sharp({
    create: { width: 240, height: 180, channels: 3, background: "#478" },
  })
    .jpeg()
    .toBuffer();
  const { endpoint, credentials } = aws;
  const fn = startFunction({
    name: "imagefleet-consume",
    handler: new URL(import.meta.resolve("@imagefleet/lambda/consume/handler")),
    exportName: "handler",
    memoryBytes: 2048 * MIB,
    timeoutMs: 60_000,
    maximumConcurrency: FUNCTIONS,
    environment: {
      ...environmentIn({ region: REGION, endpoint, credentials, resources }),
      IMAGEFLEET_MAX_RECEIVES: String(MAX_RECEIVES),
      IMAGEFLEET_RECIPE: recipe,
    },
    onLog: () => undefined,
  });
  const reports: BatchReport[] = [];
  const settled: { count: number; at: number[] } = { count: 0, at: [] };
  const source = startEventSource({
    sqs,
    queueUrl: resources.lanes.small.url,
    queueArn: resources.lanes.small.arn,
    region: REGION,
    batchSize: BATCH_SIZE,
    windowMs: WINDOW_MS,
    maximumConcurrency: FUNCTIONS,
    reportBatchItemFailures: true,
    fn,
    onBatch: (report) => {
      reports.push(report);
      settled.count += report.deleted.length;
      const now = performance.now() / 1000;
      for (const _ of report.deleted) settled.at.push(now);
    },
    onError: (error) => say(error.message),
  });
  let runs = 0;
  return {
    /** @param next s until the next picture comes */
    async run(images: number, next: () => number) {
      runs += 1;
      const first = reports.length;
      settled.count = 0;
      settled.at = [];
      const limit = pLimit(8);
      const start = performance.now() / 1000;
      const sent: number[] = [];
      const uploads: Promise<void>[] = [];
      let due = start;
      for (let at = 0; at < images; at++) {
        due += next();
        const left = due - performance.now() / 1000;
        if (left > 0.002) await delay(left * 1000);
        const Key = `run${runs}/${at}.jpg`;
        uploads.push(
          limit(async () => {
            await s3.send(
              new PutObjectCommand({ Bucket: resources.sourceBucket, Key, Body: picture }),
            );
            sent.push(performance.now() / 1000);
          }),
        );
      }
      await Promise.all(uploads);
      while (settled.count < images) await delay(50);
      const last = Math.max(...settled.at);
      // Pictures are done about in the order in which they come: the mean wait is exact in any order.
      const waits = new Histogram();
      const ends = [...settled.at].sort((a, b) => a - b);
      for (const [at, came] of [...sent].sort((a, b) => a - b).entries()) {
        waits.add((ends[at] ?? last) - came);
      }
      const batches = reports
        .slice(first)
        .map(({ messageIds, ms }) => ({ messages: messageIds.length, seconds: ms / 1000 }));
      return { seconds: last - start, batches, outcome: outcomeOf(images / (last - start), waits) };
    },
    async [Symbol.asyncDispose]() {
      await source.stop();
      await fn.stop();
      await servers[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function predict(images: number, mean: number, measured: readonly Batch[]): Outcome {
  const clock = new Clock();
  const queue = new Queue<number>(clock, {
    name: "small",
    visibilitySeconds: VISIBILITY_SECONDS,
    retentionSeconds: 1e9,
    delaySeconds: 0,
    isAwake: true,
  });
  const fn = new LambdaFunction(
    clock,
    { name: "consume", memoryMb: 2048, timeoutSeconds: 60 },
    new Account(FUNCTIONS),
    // Its processes have started.
    { coldStartSeconds: 0 },
  );
  const arrivals = new Chance(3, "arrivals");
  const services = new Chance(3, "services");
  const waits = new Histogram();
  let last = 0;
  new Mapping<number>(
    { clock, chance: new Chance(3, "pollers") },
    { batchSize: BATCH_SIZE, windowSeconds: WINDOW_MS / 1000, maximumConcurrency: FUNCTIONS },
    queue,
    fn,
    (batch) => ({
      seconds: secondsOf(batch.length, measured, services),
      isError: false,
      settle: (message) => {
        queue.delete(message);
        last = clock.now;
        waits.add(clock.now - message.sentAt);
      },
    }),
  );
  let sent = 0;
  const next = (): void => {
    clock.after(arrivals.exponential(mean), () => {
      queue.send(sent);
      sent += 1;
      if (sent < images) next();
    });
  };
  next();
  clock.run(Number.MAX_SAFE_INTEGER);
  return outcomeOf(images / last, waits);
}

/** One of the measured times of a batch of this size, or of the nearest size that was measured. */
function secondsOf(messages: number, measured: readonly Batch[], chance: Chance): number {
  for (let off = 0; off < BATCH_SIZE; off++) {
    const [first, ...rest] = measured.filter((each) => Math.abs(each.messages - messages) === off);
    if (first !== undefined) return chance.pick([first, ...rest]).seconds;
  }
  return 0;
}

function outcomeOf(rate: number, waits: Histogram): Outcome {
  return { rate, mean: waits.mean, p50: waits.percentile(0.5), p95: waits.percentile(0.95) };
}

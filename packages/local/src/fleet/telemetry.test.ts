import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { jobMessage } from "@imagefleet/core/intake";
import type { Lane } from "@imagefleet/core/outcome";
import { manifestKey } from "@imagefleet/core/plan";
import { Queue, readDeadLetter } from "@imagefleet/core/queue";
import { loadRecipe } from "@imagefleet/core/recipe-file";
import { RenditionStore } from "@imagefleet/core/store";
import { parseJobLine } from "@imagefleet/core/telemetry";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Sample, samplesOf, sums } from "../emf/index.ts";
import { startEventSource } from "../event-source/index.ts";
import { startFunction } from "../function/index.ts";
import { type OtlpReceiver, startOtlpReceiver } from "../otlp/index.ts";
import { environmentIn, type Sandbox, startSandbox } from "../sandbox/index.ts";
import { startWorkerProcess } from "./worker-process.ts";

const MIB = 1024 * 1024;
const NAMESPACE = "imagefleet/test";
const HANDLER = new URL(import.meta.resolve("@imagefleet/lambda/consume/handler"));
/** The messages of the small lane: three pictures, a broken and a large one, an invalid message, and a job that always fails. */
const GOOD = ["a.jpg", "b.jpg", "c.jpg"];
const BROKEN = "broken.jpg";
const LARGE = "large.png";
const JOBS = GOOD.length + [BROKEN, LARGE, LARGE, "no-such-bucket"].length;

const RECIPE = `export default {
  presets: { same: "400w", thumb: "50x50" },
  lanes: { smallBytes: 400000 },
}`;

let sandbox: Sandbox;
let recipe: string;
let collector: OtlpReceiver;
const sources = new Map<string, Buffer>();
const lines: string[] = [];
/** The messages sent to the small lane, and the messages of all invocations, which include retries. */
let messages = 0;
let taken = 0;

beforeAll(async () => {
  sandbox = await startSandbox({ small: 60, large: 60 });
  collector = await startOtlpReceiver();
  recipe = join(sandbox.folder, "recipe.mjs");
  await writeFile(recipe, RECIPE);
  const { region, resources, s3, sqs } = sandbox;
  const { small, large } = resources.lanes;
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  for (const [at, key] of [...GOOD, LARGE].entries()) {
    const width = 300 + 400 * at;
    const create = { width, height: 200, channels: 3, background: "#000", noise } as const;
    const picture = sharp({ create });
    sources.set(key, await (key === LARGE ? picture.png() : picture.jpeg()).toBuffer());
  }
  const whole = sources.get("c.jpg") ?? Buffer.alloc(0);
  sources.set(BROKEN, whole.subarray(0, whole.length / 2));
  const queue = new Queue(sqs, small.url);
  for (const test of await queue.receive({ max: 10, waitSeconds: 5 })) {
    await queue.delete(test);
  }
  const Bucket = resources.sourceBucket;
  for (const [Key, Body] of sources) await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  await queue.send({ body: "no job" });
  await queue.send({
    body: jobMessage({ bucket: "no-such-bucket", key: "d.jpg", mayHaveRun: false, force: false }),
  });
  messages = sources.size + 2;

  const all = Promise.withResolvers<void>();
  const ended = () => {
    const jobs = lines.filter((line) => parseJobLine(line) !== undefined);
    if (taken >= messages && jobs.length >= JOBS) all.resolve();
  };
  const environment = {
    ...environmentIn(sandbox),
    IMAGEFLEET_RECIPE: recipe,
    IMAGEFLEET_METRICS_NAMESPACE: NAMESPACE,
    IMAGEFLEET_TRACES_URL: collector.url,
    // Metrics do not depend on the log level.
    IMAGEFLEET_LOG_LEVEL: "silent",
  };
  const onLog = (line: string) => {
    lines.push(line);
    ended();
  };
  const fn = startFunction({
    name: "consume",
    handler: HANDLER,
    exportName: "handler",
    memoryBytes: 2048 * MIB,
    timeoutMs: 30_000,
    maximumConcurrency: 1,
    environment,
    onLog,
  });
  const source = startEventSource({
    sqs,
    queueUrl: small.url,
    queueArn: small.arn,
    region,
    batchSize: 10,
    windowMs: 0,
    maximumConcurrency: 1,
    reportBatchItemFailures: true,
    fn,
    onBatch: ({ messageIds }) => {
      taken += messageIds.length;
      ended();
    },
    onError: all.reject,
  });
  const worker = startWorkerProcess({
    environment: {
      ...environment,
      IMAGEFLEET_LARGE_DLQ_URL: large.deadLetters,
      IMAGEFLEET_SCRATCH: join(sandbox.folder, "scratch"),
      IMAGEFLEET_POLL_SECONDS: "1",
    },
    onLog,
    onNotice: (text) => all.reject(new Error(text)),
  });
  try {
    await all.promise;
  } finally {
    await Promise.all([source.stop(), worker.stop()]);
    await fn.stop();
  }
});
afterAll(async () => {
  await collector.close();
  await sandbox.close();
});

function of(lane: Lane, name: string): Sample[] {
  const samples = lines.flatMap(samplesOf);
  return samples.filter((sample) => sample.name === name && sample.dimensions["lane"] === lane);
}

function sum(samples: readonly Sample[]): number {
  return samples.flatMap(({ values }) => values).reduce((all, value) => all + value, 0);
}

async function stored(key: string) {
  const { s3, resources } = sandbox;
  const store = new RenditionStore(s3, resources.renditionBucket);
  const at = manifestKey(await loadRecipe(recipe), key);
  const found = await store.manifest(at, new AbortController().signal);
  return found?.manifest?.renditions ?? [];
}

async function bytesOf(keys: readonly string[]) {
  const renditions = await Promise.all(keys.map(stored));
  const totals = { in: 0, out: 0, saved: 0 };
  for (const [at, key] of keys.entries()) {
    const bytes = sources.get(key)?.length ?? 0;
    totals.in += bytes;
    for (const one of renditions[at] ?? []) {
      totals.out += one.bytes;
      if (one.savedPercent !== undefined) totals.saved += bytes - one.bytes;
    }
  }
  return totals;
}

async function deadLettersBy(reasonOf: (lane: Lane) => string): Promise<string[]> {
  const { sqs, resources } = sandbox;
  const deadLetters = new Queue(sqs, resources.lanes.small.deadLetters);
  const received = await deadLetters.receive({ max: 10, waitSeconds: 5 });
  return received.map((one) => `${reasonOf("small")}${readDeadLetter(one, "small").reason}`).sort();
}

it("the metrics count every job, dead letter and message once, by outcome", async () => {
  const counted = sums(lines.flatMap(samplesOf));
  const counts = Object.entries(counted).filter(([name]) => /^(jobs|deadLetters|batch)/.test(name));
  expect(Object.fromEntries(counts)).toEqual({
    "jobs lane=small outcome=rendered": GOOD.length,
    "jobs lane=small outcome=forwarded": 1,
    "jobs lane=small outcome=rejected": 1,
    // It is received again, perhaps before the others are done.
    "jobs lane=small outcome=failed": 1 + taken - messages,
    "jobs lane=large outcome=rendered": 1,
    "deadLetters lane=small reason=SourceCorrupt": 1,
    "deadLetters lane=small reason=MessageMalformed": 1,
    "batchSize lane=small": taken,
  });
  const deadLetters = Object.keys(counted).filter((name) => name.startsWith("deadLetters"));
  expect(deadLetters.sort()).toEqual(
    await deadLettersBy((lane) => `deadLetters lane=${lane} reason=`),
  );
});

it("the metrics add up to the bytes in S3", async () => {
  for (const [lane, keys] of [
    ["small", GOOD],
    ["large", [LARGE]],
  ] as const) {
    const truth = await bytesOf(keys);
    expect(sum(of(lane, "bytesIn"))).toBe(truth.in);
    expect(sum(of(lane, "bytesOut"))).toBe(truth.out);
    // Only the first is not wider than the preset, and so keeps its size.
    expect(sum(of(lane, "bytesSaved"))).toBe(truth.saved);
  }
  expect(of("small", "bytesSaved")).toHaveLength(1);
});

it("the phases of the metrics add up to at most the elapsed time", () => {
  const now = Date.now();
  for (const line of lines.filter((text) => parseJobLine(text)?.outcome === "rendered")) {
    const samples = samplesOf(line);
    const phases = samples.filter(({ name }) =>
      /^(fetch|probe|queued|decode|encode|store)/.test(name),
    );
    expect(phases.map(({ name }) => name)).toEqual([
      ...["fetchMs", "probeMs", "queuedMs"],
      ...["decodeMs", "encodeMs", "storeMs"],
    ]);
    const whole = sum(samples.filter(({ name }) => name === "jobMs"));
    expect(whole).toBeGreaterThan(0);
    expect(sum(phases)).toBeGreaterThan(0);
    expect(sum(phases)).toBeLessThanOrEqual(whole);
    expect(samples.filter(({ name }) => name === "waitMs")).toHaveLength(1);
    for (const { at, namespace } of samples) {
      expect(now - at).toBeLessThan(120_000);
      expect(namespace).toBe(NAMESPACE);
    }
  }
});

it("the traces have one trace per source, through both programs", () => {
  const jobs = collector.spans.filter(({ name }) => name === "job");
  expect(jobs).toHaveLength(JOBS + taken - messages);
  const of = (service: string, key: string) =>
    jobs.find((span) => span.service === service && span.attributes["aws.s3.key"] === key);
  const forwarded = of("imagefleet-consume", LARGE);
  const rendered = of("imagefleet-worker", LARGE);
  expect(forwarded?.attributes).toMatchObject({ "imagefleet.outcome": "forwarded" });
  expect(rendered?.attributes).toMatchObject({ "imagefleet.outcome": "rendered" });
  expect(rendered).toMatchObject({
    traceId: forwarded?.traceId,
    parentSpanId: forwarded?.spanId,
  });
  const known = jobs.filter((span) => sources.has(String(span.attributes["aws.s3.key"])));
  expect(new Set(known.map(({ traceId }) => traceId)).size).toBe(sources.size);
});

it("a silent log contains only the metrics", () => {
  expect(lines.filter((line) => samplesOf(line).length === 0)).toEqual([]);
});

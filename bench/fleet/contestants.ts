import { startEventSource } from "@imagefleet/local/event-source";
import type { LocalFunction } from "@imagefleet/local/function";
import { REGION } from "@imagefleet/local/resources";
import pLimit from "p-limit";
import { cpuOf, ownCpu } from "../measure/cpu.ts";
import type { Harness } from "./harness.ts";
import type { Job, SdkEvent } from "./sdk-handler.ts";

const BATCH_SIZE = 10;
const BATCH_WINDOW_MS = 250;
const UPLOADS_AT_ONCE = 4;

/** One run of a contestant; times in ms for all images. */
export interface Turn {
  readonly images: number;
  readonly wallMs: number;
  /** CPU time of its function processes. */
  readonly functionMs: number;
  /** CPU time of this process: the event source, and the parent's side of the function. */
  readonly eventSourceMs: number;
  /** CPU time of the servers. */
  readonly emulatorMs: number;
}

/** The path of a photo and the key of its upload. */
export interface Upload {
  readonly photo: string;
  readonly key: string;
}

/** Renders files from memory. */
export async function coreTurn(harness: Harness, files: readonly string[]): Promise<Turn> {
  return measured(harness, harness.core, files.length, async () => {
    await invokeAll(harness.core, batches(files), (batch) => ({ files: batch }));
  });
}

/** Makes the fleet's calls for photos that were uploaded before the measurement. */
export async function sdkTurn(
  harness: Harness,
  uploads: readonly Upload[],
  jobs: readonly Job[],
): Promise<Turn> {
  await uploadAll(harness, uploads);
  const { sourceBucket } = harness.resources;
  return measured(harness, harness.sdk, jobs.length, async () => {
    await invokeAll(
      harness.sdk,
      batches(jobs),
      (batch): SdkEvent => ({ sourceBucket, jobs: batch }),
    );
  });
}

/** Processes photos that were uploaded before the measurement with the fleet. */
export async function fleetTurn(harness: Harness, uploads: readonly Upload[]): Promise<Turn> {
  await uploadAll(harness, uploads);
  const done = Promise.withResolvers<void>();
  let deleted = 0;
  let stop = async (): Promise<void> => {};
  try {
    const turn = await measured(harness, harness.consume, uploads.length, async () => {
      const source = startEventSource({
        sqs: harness.sqs,
        queueUrl: harness.resources.lanes.small.url,
        queueArn: harness.resources.lanes.small.arn,
        region: REGION,
        batchSize: BATCH_SIZE,
        windowMs: BATCH_WINDOW_MS,
        maximumConcurrency: harness.consume.maximumConcurrency,
        reportBatchItemFailures: true,
        fn: harness.consume,
        onBatch: (batch) => {
          if (batch.failures.length > 0)
            done.reject(new Error(`${batch.failures.length} failed in a batch`));
          deleted += batch.deleted.length;
          if (deleted >= uploads.length) done.resolve();
        },
        onError: done.reject,
      });
      stop = () => source.stop();
      await done.promise;
    });
    harness.tally.settle(uploads.length);
    return turn;
  } finally {
    await stop();
  }
}

async function measured(
  harness: Harness,
  fn: LocalFunction,
  images: number,
  work: () => Promise<void>,
): Promise<Turn> {
  const pids = fn.pids();
  const read = async () => ({
    function: await cpuOf(pids),
    emulator: await cpuOf([harness.aws.pid]),
    own: ownCpu(),
    wall: performance.now(),
  });
  const before = await read();
  await work();
  const after = await read();
  // The warm-up starts the processes.
  if (pids.length > 0 && fn.pids().join() !== pids.join()) {
    throw new Error(`${fn.name}: a process started or exited during the measurement`);
  }
  return {
    images,
    wallMs: after.wall - before.wall,
    functionMs: after.function - before.function,
    eventSourceMs: after.own - before.own,
    emulatorMs: after.emulator - before.emulator,
  };
}

async function uploadAll(harness: Harness, uploads: readonly Upload[]): Promise<void> {
  await pLimit(UPLOADS_AT_ONCE).map(uploads, ({ photo, key }) => harness.upload(photo, key));
}

async function invokeAll<T>(
  fn: LocalFunction,
  all: readonly T[],
  eventOf: (each: T) => unknown,
): Promise<void> {
  await Promise.all(
    all.map(async (each) => {
      const result = await fn.invoke(eventOf(each));
      if (result.kind === "returned") return;
      const why = result.kind === "threw" ? `: ${result.message}` : "";
      throw new Error(`${fn.name} ended as ${result.kind}${why}`);
    }),
  );
}

function batches<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / BATCH_SIZE) }, (_unused, at) =>
    all.slice(at * BATCH_SIZE, (at + 1) * BATCH_SIZE),
  );
}

import { setTimeout as delay } from "node:timers/promises";
import { DeleteObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ExpectedState } from "../snapshot/index.ts";
import { bytesOf, type Operation } from "../sources/index.ts";

/** The most concurrent operations; those of one key are sequential. */
const AT_ONCE = 24;
const LOOK_MS = 50;

export interface UploadOptions {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly operations: Iterable<Operation>;
  readonly expected: ExpectedState;
  /** False while the fleet is busy, so that overwrites occur during jobs instead of waiting behind them. */
  readonly mayGoOn: () => boolean;
  /** Called before an operation is sent; what it returns is called after it. */
  readonly onChange: (operation: Operation) => (etag: string | undefined) => void;
  readonly signal: AbortSignal;
}

/** Performs the operations on the sources, and records the state after each. */
export async function upload(options: UploadOptions): Promise<void> {
  const { operations, signal } = options;
  const lastOf = new Map<string, Promise<void>>();
  const running = new Set<Promise<void>>();
  for (const operation of operations) {
    while (!options.mayGoOn() && !signal.aborted) await delay(LOOK_MS);
    while (running.size >= AT_ONCE) await Promise.race(running);
    if (signal.aborted) break;
    const before = lastOf.get(operation.key) ?? Promise.resolve();
    const done: Promise<void> = before
      .then(() => delay(operation.afterMs))
      .then(() => perform(operation, options))
      .finally(() => running.delete(done));
    lastOf.set(operation.key, done);
    running.add(done);
  }
  await Promise.all(running);
}

async function perform(operation: Operation, options: UploadOptions): Promise<void> {
  const { key, content } = operation;
  const { s3, bucket, expected } = options;
  const at = { Bucket: bucket, Key: key };
  if (content === undefined) {
    const onDone = options.onChange(operation);
    await s3.send(new DeleteObjectCommand(at));
    expected.delete(key);
    onDone(undefined);
    return;
  }
  const Body = await bytesOf(content);
  const onDone = options.onChange(operation);
  const { ETag = "" } = await s3.send(new PutObjectCommand({ ...at, Body }));
  expected.put(key, content, ETag);
  onDone(ETag);
}

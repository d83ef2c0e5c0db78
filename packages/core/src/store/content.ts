import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { asFailure } from "../aws/index.ts";
import { Failure } from "../outcome/index.ts";
import type { OpenSource } from "./source-store.ts";

/**
 * Reads a source's content into memory. Its length must be the one that S3 announced: a connection
 * that broke must not look like a truncated upload.
 *
 * @throws Failure `StoreUnavailable`
 *
 * @example
 * const answer = await new SourceStore(s3).open("uploads", "cats/tom.jpg", { signal });
 * if (answer.kind === "open") console.log((await readContent(answer.source, signal)).length);
 */
export async function readContent(source: OpenSource, signal: AbortSignal): Promise<Uint8Array> {
  const whole = Buffer.allocUnsafeSlow(source.bytes);
  let at = 0;
  try {
    for await (const chunk of source.body) {
      const bytes: Uint8Array = chunk;
      if (at + bytes.length <= whole.length) whole.set(bytes, at);
      at += bytes.length;
    }
  } catch (error) {
    throw asFailure("read the source's content", error, signal);
  }
  checkLength(at, source);
  return whole;
}

/**
 * Writes a source's content to a file, without keeping it in memory.
 *
 * @throws Failure `StoreUnavailable` or `DiskFull`
 *
 * @example
 * await saveContent(source, "/tmp/tom.jpg", signal);
 */
export async function saveContent(
  source: OpenSource,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const target = createWriteStream(file);
  try {
    await pipeline(source.body, target, { signal });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") {
      throw new Failure("DiskFull", "the disk was full before the source was saved");
    }
    throw asFailure("save the source's content", error, signal);
  }
  checkLength(target.bytesWritten, source);
}

function checkLength(got: number, source: OpenSource): void {
  if (got === source.bytes) return;
  throw new Failure(
    "StoreUnavailable",
    `the source's content ended at ${got} of ${source.bytes} bytes`,
  );
}

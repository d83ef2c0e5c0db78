import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PICTURES } from "./pictures.ts";

/** Raised when a picture changes: files of an earlier version are made again. */
const VERSION = 2;

/** The share of the truncated picture that is kept. */
const ARRIVED = 0.45;

/**
 * Writes the sample pictures that a folder does not have, and returns the paths of all. The same codecs
 * give the same bytes. One picture is over 20 MiB, one is cut short.
 */
export async function generateSamples(dir: string): Promise<string[]> {
  const version = join(dir, `.version-${VERSION}`);
  const current = await exists(version);
  await mkdir(dir, { recursive: true });

  const lake = once(async () => (await PICTURES["mountain-lake.jpg"]()).toBuffer());
  const others = Object.entries(PICTURES).map(
    ([name, make]) => [name, async () => (await make()).toBuffer()] as const,
  );
  const samples = Object.entries({
    ...Object.fromEntries(others),
    "mountain-lake.jpg": lake,
    "truncated-upload.jpg": async () => cut(await lake()),
  });
  const paths = await Promise.all(
    samples.map(async ([name, make]) => {
      const file = join(dir, name);
      if (!(current && (await exists(file)))) await writeWhole(file, await make());
      return file;
    }),
  );
  await writeWhole(version, Buffer.alloc(0));
  return paths;
}

function cut(whole: Buffer): Buffer {
  return whole.subarray(0, Math.floor(whole.length * ARRIVED));
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** An interrupted run leaves no file that is half written. */
async function writeWhole(file: string, bytes: Buffer): Promise<void> {
  const part = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(part, bytes);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  auroraAvif,
  coastTiff,
  dahliaJpeg,
  dayGif,
  fruitJpeg,
  moonPng,
  mountainLakeJpeg,
  nightCityWebp,
  stickerPng,
} from "./pictures.ts";

/** Raised when a picture is painted otherwise: what is there of an earlier version is made again. */
const VERSION = 1;

/** How much of the truncated one arrived. */
const ARRIVED = 0.45;

type Sample = readonly [name: string, make: () => Promise<Buffer>];

/**
 * Writes the sample pictures into a folder, those that are missing, and gives their paths. The same
 * bytes each time (with the same codecs); one is over 20 MiB, one is corrupt.
 */
export async function generateSamples(dir: string): Promise<string[]> {
  const version = join(dir, `.version-${VERSION}`);
  const current = await exists(version);
  await mkdir(dir, { recursive: true });

  const lake = once(mountainLakeJpeg);
  const samples: readonly Sample[] = [
    ["coast-scan.tif", coastTiff],
    ["mountain-lake.jpg", lake],
    ["fruit-phone.jpg", fruitJpeg],
    ["dahlia-progressive.jpg", dahliaJpeg],
    ["night-city.webp", nightCityWebp],
    ["aurora.avif", auroraAvif],
    ["moon-16bit.png", moonPng],
    ["sticker.png", stickerPng],
    ["day-and-night.gif", dayGif],
    ["truncated-upload.jpg", async () => cut(await lake())],
  ];
  // Painting is JavaScript's, encoding is the codec's own threads': the two overlap.
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

/** A file is there whole or not at all: a run that was interrupted leaves nothing half-written. */
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

import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Rejection } from "../outcome/index.ts";
import { bmpPixels } from "./bmp/pixels.ts";
import { emptyTiff } from "./tiff.ts";
import type { UnpackAnswer, UnpackOrder } from "./unpack.ts";

const { input, format, raster, tolerant }: UnpackOrder = workerData;

/** Given back to the thread that asked, without a copy. */
async function unpacked(): Promise<ArrayBuffer> {
  const bytes = input.kind === "bytes" ? input.bytes : readFileSync(input.path);
  const { file, pixels } = emptyTiff(raster);
  if (format === "bmp") bmpPixels(bytes, pixels, tolerant);
  else (await import("./heic/pixels.ts")).heicPixels(bytes, raster, pixels);
  return file.buffer;
}

const answer = await unpacked().then(
  (file): UnpackAnswer => ({ kind: "unpacked", file }),
  (error: unknown): UnpackAnswer => {
    if (!(error instanceof Rejection)) throw error;
    return { kind: "rejected", reason: error.reason, message: error.message };
  },
);
parentPort?.postMessage(answer, answer.kind === "unpacked" ? [answer.file] : []);

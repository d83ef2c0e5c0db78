import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Rejection } from "../../outcome/index.ts";
import { bmpPixels } from "../formats/bmp/pixels.ts";
import { emptyTiff } from "../formats/tiff/raster.ts";
import type { TranscodeRequest, TranscodeResult } from "./transcode.ts";

const { input, format, raster, tolerant }: TranscodeRequest = workerData;

/** The unpacked file, which is transferred to the requesting thread without a copy. */
async function transcoded(): Promise<ArrayBuffer> {
  const bytes = input.kind === "bytes" ? input.bytes : readFileSync(input.path);
  const { file, pixels } = emptyTiff(raster);
  if (format === "bmp") bmpPixels(bytes, pixels, tolerant);
  else (await import("../formats/heic/pixels.ts")).heicPixels(bytes, raster, pixels);
  return file.buffer;
}

const answer = await transcoded().then(
  (file): TranscodeResult => ({ kind: "unpacked", file }),
  (error: unknown): TranscodeResult => {
    if (!(error instanceof Rejection)) throw error;
    return { kind: "rejected", reason: error.reason, message: error.message };
  },
);
parentPort?.postMessage(answer, answer.kind === "unpacked" ? [answer.file] : []);

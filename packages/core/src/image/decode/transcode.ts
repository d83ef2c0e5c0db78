import { Worker } from "node:worker_threads";
import { Failure, type RejectedReason, Rejection } from "../../outcome/index.ts";
import { isMapped, type SourceInfo, transcodedBits } from "../../plan/index.ts";
import { meaning, OUT_OF_MEMORY, runPipeline, toDecodeError } from "../codec-error.ts";
import { profileOf } from "../color/icc.ts";
import { withShownGif } from "../formats/gif.ts";
import { svgBytes } from "../formats/svg.ts";
import { checkFilters } from "../formats/svg-filters.ts";
import { emptyTiff, type Raster } from "../formats/tiff/raster.ts";
import { repacked, repackedRaster } from "../formats/tiff/repack.ts";
import type { ImageInput } from "../input.ts";
import { onThread } from "../threads.ts";
import { openImage } from "./open.ts";
import { toSamples } from "./pixels.ts";

/** The thread's entry: the source beside this one, or, beside a deployed bundle, one of its own. */
const THREAD = new URL(
  import.meta.url.endsWith(".ts") ? "./transcode-thread.ts" : "./transcode-thread.mjs",
  import.meta.url,
);

/** The request to the decoding thread. */
export interface TranscodeRequest {
  readonly input: ImageInput;
  readonly format: "bmp" | "heic";
  readonly raster: Raster;
  /** Is what there is of a damaged source wanted? */
  readonly tolerant: boolean;
}

/** How a source is to be read. */
export interface Pipeline {
  readonly signal: AbortSignal;
  /** How long decoding may take. */
  readonly seconds: number;
  /** Is more than the first frame wanted? */
  readonly moving: boolean;
  /** Is what there is of a damaged source wanted? */
  readonly tolerant: boolean;
}

/** What it says in the end. */
export type TranscodeResult =
  | { readonly kind: "unpacked"; readonly file: ArrayBuffer }
  | { readonly kind: "rejected"; readonly reason: RejectedReason; readonly message: string };

/**
 * Lends a source to `use` in a form that sharp reads: itself, or what sharp has no decoder for
 * (BMP, HEIC) or would misread (AVIF with colors multiplied by alpha, some TIFFs) as an uncompressed
 * TIFF in memory, gone when `use` has ended.
 *
 * What sharp has no decoder for is decoded on a thread that ends with it: the program goes on serving, a
 * deadline stops it at once, a decoder that crashes takes nothing with it, and WebAssembly's
 * memory, which only grows, is released. It counts as one pipeline.
 *
 * @throws Rejection `SourceCorrupt`, Failure `OutOfMemory` or `TimedOut`, the signal's reason, and
 *   what `use` throws
 */
export async function withTranscodedInput<T>(
  input: ImageInput,
  source: SourceInfo,
  how: Pipeline,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  const { format } = source;
  const { signal, seconds, tolerant } = how;
  if (format === "svg") {
    const drawing = await svgBytes(input);
    checkFilters(drawing.bytes, source, seconds);
    return use(drawing);
  }
  if (format === "gif") return withShownGif(input, how, use);
  const raster = rasterOf(source);
  const file =
    format === "bmp" || format === "heic"
      ? await onThread(() => transcode({ input, format, raster, tolerant }, signal, seconds))
      : format === "avif" && source.premultiplied
        ? await divisible(input, source, raster, how)
        : source.repacked
          ? await repacked(input, source, raster, how)
          : undefined;
  if (file === undefined) return use(input);
  try {
    return await use({ kind: "bytes", bytes: new Uint8Array(file) });
  } finally {
    // Now, and not when the collector comes by: it is a whole picture.
    file.transfer(0);
  }
}

function rasterOf(source: SourceInfo): Raster {
  if (source.repacked) return repackedRaster(source, source.repacked);
  const { width, height, alpha, colors, premultiplied } = source;
  const own = colors && !isMapped(source) ? profileOf(colors) : undefined;
  const icc = own ?? source.icc;
  const bits = transcodedBits(source);
  return {
    width,
    height,
    channels: alpha ? 4 : 3,
    bits,
    ...(premultiplied && { premultiplied }),
    ...(icc && { icc }),
  };
}

/**
 * A decoded AVIF as a TIFF that says, as the codec's reader of AVIF does not, that alpha is to be
 * divided out.
 */
async function divisible(
  input: ImageInput,
  source: SourceInfo,
  raster: Raster,
  { signal, seconds }: Pipeline,
): Promise<ArrayBuffer> {
  const { bits = 8 } = raster;
  const decoded = await runPipeline(
    () =>
      toSamples(
        openImage(input, source, { asIs: true })
          .timeout({ seconds })
          .toColorspace(bits === 16 ? "rgb16" : "srgb"),
        bits,
      ),
    toDecodeError,
    signal,
  );
  const { file, pixels } = emptyTiff(raster);
  if (decoded.data.length !== pixels.length) {
    throw new RangeError(`the codec wrote ${decoded.channels} channels of ${raster.channels}`);
  }
  pixels.set(decoded.data);
  return file.buffer;
}

async function transcode(
  order: TranscodeRequest,
  signal: AbortSignal,
  seconds: number,
): Promise<ArrayBuffer> {
  signal.throwIfAborted();
  const late = AbortSignal.timeout(seconds * 1000);
  const either = AbortSignal.any([signal, late]);
  const end = Promise.withResolvers<TranscodeResult>();
  // Its own output would be a decoder's chatter about a stranger's file.
  const thread = new Worker(THREAD, {
    workerData: order,
    stdout: true,
    stderr: true,
  });
  thread.once("message", end.resolve);
  thread.once("error", (error) => end.reject(crash(error)));
  thread.once("exit", () => end.reject(crash(new Error("the decoder left without a word"))));
  const stop = () => end.reject(late.aborted && !signal.aborted ? tooLong() : signal.reason);
  either.addEventListener("abort", stop, { once: true });
  try {
    const answer = await end.promise;
    if (answer.kind === "rejected") throw new Rejection(answer.reason, answer.message);
    return answer.file;
  } finally {
    either.removeEventListener("abort", stop);
    await thread.terminate();
  }
}

function tooLong(): Failure {
  return new Failure("TimedOut", "decoding took longer than limits.seconds");
}

/** A decoder that dies of a source will do so again, but not of want of memory. */
function crash(cause: unknown): Failure | Rejection {
  const text = cause instanceof Error ? cause.message : String(cause);
  return OUT_OF_MEMORY.test(text)
    ? new Failure("OutOfMemory", "the decoder ran out of memory", { cause })
    : new Rejection("SourceCorrupt", `the pixels cannot be read: ${meaning(text)}`, { cause });
}

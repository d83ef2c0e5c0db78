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

/**
 * The entry point of the thread: the source file beside this one, or a bundle beside the deployed
 * one.
 */
const THREAD = new URL(
  import.meta.url.endsWith(".ts") ? "./transcode-thread.ts" : "./transcode-thread.mjs",
  import.meta.url,
);

/** The request to the decoding thread. */
export interface TranscodeRequest {
  readonly input: ImageInput;
  readonly format: "bmp" | "heic";
  readonly raster: Raster;
  /** Whether the intact part of a damaged source is requested. */
  readonly tolerant: boolean;
}

/** How a source is read. */
export interface Pipeline {
  readonly signal: AbortSignal;
  /** The longest time that decoding may take. */
  readonly seconds: number;
  /** Whether more than the first frame is requested. */
  readonly moving: boolean;
  /** Whether the intact part of a damaged source is requested. */
  readonly tolerant: boolean;
}

/** The result of the decoding thread. */
export type TranscodeResult =
  | { readonly kind: "unpacked"; readonly file: ArrayBuffer }
  | { readonly kind: "rejected"; readonly reason: RejectedReason; readonly message: string };

/**
 * Passes a source to `use` in a form that sharp can read. That is the source itself or, if sharp
 * has no decoder for it (BMP, HEIC) or would misread it (AVIF with premultiplied alpha, some
 * TIFFs), an uncompressed TIFF in memory, which is released when `use` has ended.
 *
 * Formats without a decoder in sharp are decoded on a thread of their own, which then ends. The
 * program stays responsive, a deadline stops the decoder at once, a crash of the decoder affects
 * nothing else, and the memory of WebAssembly, which only grows, is released. It counts as one
 * pipeline.
 *
 * @throws Rejection `SourceCorrupt`, Failure `OutOfMemory` or `TimedOut`, the signal's reason, and
 *   any error of `use`
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
    // The memory of a whole image is released now, without waiting for the garbage collector.
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
 * Writes a decoded AVIF as a TIFF that marks alpha as premultiplied, which the codec's AVIF reader
 * does not.
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
    throw new RangeError(
      `the codec wrote ${decoded.channels} channels instead of ${raster.channels}`,
    );
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
  // The thread's output is discarded: it contains only a decoder's messages about an untrusted
  // file.
  const thread = new Worker(THREAD, {
    workerData: order,
    stdout: true,
    stderr: true,
  });
  thread.once("message", end.resolve);
  thread.once("error", (error) => end.reject(crash(error)));
  thread.once("exit", () =>
    end.reject(crash(new Error("the decoding thread ended without a result"))),
  );
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

/** A decoder that crashes on a source will crash again, except for lack of memory. */
function crash(cause: unknown): Failure | Rejection {
  const text = cause instanceof Error ? cause.message : String(cause);
  return OUT_OF_MEMORY.test(text)
    ? new Failure("OutOfMemory", "the decoder ran out of memory", { cause })
    : new Rejection("SourceCorrupt", `the pixels cannot be read: ${meaning(text)}`, { cause });
}

import sharp, { type Sharp } from "sharp";
import type { Area } from "../../plan/index.ts";

/** The number of px after which a loop yields to the rest of the program. */
export const PIXELS_AT_ONCE = 250_000;

/** A whole upright image in 8-bit sRGB. */
export interface Pixels extends Area {
  readonly data: Buffer;
  /** 3, or 4 with alpha. */
  readonly channels: 3 | 4;
}

/** A pipeline that starts from pixels. */
export function fromPixels({ data, width, height, channels }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

/** Runs a pipeline to pixels of exactly this size. */
export function toPixels(pipeline: Sharp, area: Area): Promise<Pixels> {
  return asPixels(pipeline.resize({ width: area.width, height: area.height, fit: "fill" }));
}

/** Runs a pipeline in color to pixels, in the size that it has. */
export async function asPixels(pipeline: Sharp): Promise<Pixels> {
  const { data, width, height, channels } = await toSamples(pipeline, 8);
  if (channels === 3 || channels === 4) return { data, width, height, channels };
  throw new RangeError(`the codec wrote ${channels} channels instead of 3 or 4`);
}

/** Samples as a codec writes them: `width` x `height` x `channels`. */
export interface Samples extends Area {
  readonly data: Buffer;
  /** The same memory, one number per sample. */
  readonly samples: Uint8Array | Uint16Array;
  readonly channels: number;
}

/**
 * Runs a pipeline to samples. The number of samples per px is the one that the codec reports: a
 * wrong row length would give stripes.
 *
 * @param bits bits per sample; 16 in the byte order of this machine
 */
export async function toSamples(pipeline: Sharp, bits: 8 | 16): Promise<Samples> {
  const { data, info } = await pipeline
    .raw({ depth: bits === 16 ? "ushort" : "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const samples =
    bits === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  if (samples.length !== width * height * channels) {
    throw new RangeError(
      `the codec wrote ${samples.length} samples of ${width} x ${height} px in ${channels} channels`,
    );
  }
  return { data, samples, width, height, channels };
}

/**
 * Releases the memory of pixels earlier than V8 would, which sees only a small object: rasters of
 * 100 MB still existed one or two rasters later. No pipeline may still read them.
 */
export function release({ data }: Pick<Pixels, "data">): void {
  const { buffer } = data;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength) buffer.transfer(0);
}

import sharp, { type Sharp } from "sharp";
import type { Area } from "../../plan/index.ts";

/** After so many px, a loop lets the rest of the program have a turn. */
export const PIXELS_AT_ONCE = 250_000;

/** A whole upright picture in 8 bit sRGB. */
export interface Pixels extends Area {
  readonly data: Buffer;
  /** 3, or 4 with alpha. */
  readonly channels: 3 | 4;
}

/** A pipeline that begins at pixels. */
export function fromPixels({ data, width, height, channels }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

/** Ends a pipeline in pixels of exactly this size. */
export async function toPixels(pipeline: Sharp, area: Area): Promise<Pixels> {
  const scaled = pipeline.resize({ width: area.width, height: area.height, fit: "fill" });
  const { data, width, height, channels } = await toSamples(scaled, 8);
  if (channels === 3 || channels === 4) return { data, width, height, channels };
  throw new RangeError(`the codec wrote ${channels} channels where 3 or 4 were asked for`);
}

/** Samples as a codec writes them: `width` x `height` x `channels`. */
export interface Samples extends Area {
  readonly data: Buffer;
  /** The same memory, a number a sample. */
  readonly samples: Uint8Array | Uint16Array;
  readonly channels: number;
}

/**
 * Ends a pipeline in samples. How many a px has is what the codec says it wrote: rows taken for
 * another width are stripes.
 *
 * @param bits of a sample, 16 in the order of this machine
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
 * Gives the memory of pixels back before V8 would, which sees a small object and no hurry: 100 MB
 * rasters were still there one or two rasters later. No pipeline may be reading them any more.
 */
export function release({ data }: Pick<Pixels, "data">): void {
  const { buffer } = data;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength) buffer.transfer(0);
}

import sharp, { type Sharp } from "sharp";
import type { Area } from "../plan/index.ts";

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
export async function toPixels(pipeline: Sharp, { width, height }: Area): Promise<Pixels> {
  const { data, info } = await pipeline
    .resize({ width, height, fit: "fill" })
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels === 4 ? 4 : 3 };
}

/**
 * Gives the memory of pixels back before V8 would, which sees a small object and no hurry: 100 MB
 * rasters were still there one or two rasters later. No pipeline may be reading them any more.
 */
export function release({ data }: Pixels): void {
  const { buffer } = data;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength) buffer.transfer(0);
}

import sharp, { type Sharp } from "sharp";
import type { RenditionPlan } from "../../plan/index.ts";
import { asPixels, release } from "../decode/pixels.ts";
import { encodeByContent } from "./by-content.ts";
import { encodeAs } from "./encode-as.ts";
import { type Exif, withMetadata } from "./metadata.ts";

/** The result for one preset. */
export interface RenderedImage {
  readonly plan: RenditionPlan;
  readonly data: Buffer;
  /** In px. */
  readonly width: number;
  /** In px. */
  readonly height: number;
  readonly format: RenditionPlan["preset"]["format"];
}

interface EncodeOptions {
  /** The source's own EXIF, if the preset keeps any of it. */
  readonly exif?: Exif | undefined;
  /** Whether the image may have alpha, which JPEG has not. Default: yes. */
  readonly alpha?: boolean;
}

/** Scales, crops or pads the whole upright image of a pipeline, and encodes it. */
export async function encode(
  pipeline: Sharp,
  plan: RenditionPlan,
  { exif, alpha = true }: EncodeOptions = {},
): Promise<RenderedImage> {
  const { preset, width, height } = plan;
  const ready = framed(pipeline, plan, alpha);
  const finish = (pixels: Sharp) => withMetadata(pixels, plan, exif);
  const data = looksAtPixels(plan)
    ? await byContent(ready, preset, finish)
    : await encodeAs(finish(ready), preset).toBuffer();
  return { plan, data, width, height, format: preset.format };
}

/** Animations and Display P3 are encoded as the preset says. */
function looksAtPixels({ preset, frames, wide }: RenditionPlan): boolean {
  return preset.encoding === "by-content" && frames === undefined && !wide;
}

async function byContent(
  pipeline: Sharp,
  preset: RenditionPlan["preset"],
  finish: (pipeline: Sharp) => Sharp,
): Promise<Buffer> {
  const pixels = await asPixels(pipeline.toColorspace("srgb"));
  try {
    return await encodeByContent(pixels, preset, finish);
  } finally {
    release(pixels);
  }
}

const SEEK = { attention: sharp.strategy.attention, entropy: sharp.strategy.entropy } as const;

function framed(
  pipeline: Sharp,
  { preset, scaled, crop, pad, width, height }: RenditionPlan,
  alpha: boolean,
): Sharp {
  const { background } = preset;
  const flat = alpha && preset.format === "jpeg" ? pipeline.flatten({ background }) : pipeline;
  if (crop?.seek !== undefined) {
    const { width: across, height: down, seek } = crop;
    return flat.resize({ width: across, height: down, fit: "cover", position: SEEK[seek] });
  }
  const sized = flat.resize({ ...scaled, fit: "fill" });
  if (crop !== undefined) return sized.extract(crop);
  if (pad === undefined) return sized;
  const { left, top } = pad;
  const right = width - scaled.width - left;
  const bottom = height - scaled.height - top;
  return sized.extend({ left, top, right, bottom, background });
}

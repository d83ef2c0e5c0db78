import type { Sharp } from "sharp";
import type { RenditionPlan } from "../plan/index.ts";

/** What was made for one preset. */
export interface RenderedImage {
  readonly plan: RenditionPlan;
  readonly data: Buffer;
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
  readonly format: RenditionPlan["preset"]["format"];
}

/** Scales, crops or pads the whole upright picture that a pipeline carries, and encodes it. */
export async function encode(pipeline: Sharp, plan: RenditionPlan): Promise<RenderedImage> {
  const { preset, width, height } = plan;
  const data = await encoder(framed(pipeline, plan), plan).toBuffer();
  return { plan, data, width, height, format: preset.format };
}

function framed(
  pipeline: Sharp,
  { preset, scaled, crop, pad, width, height }: RenditionPlan,
): Sharp {
  const { background } = preset;
  const flat = preset.format === "jpeg" ? pipeline.flatten({ background }) : pipeline;
  const sized = flat.resize({ ...scaled, fit: "fill" });
  if (crop !== undefined) return sized.extract(crop);
  if (pad === undefined) return sized;
  const { left, top } = pad;
  const right = width - scaled.width - left;
  const bottom = height - scaled.height - top;
  return sized.extend({ left, top, right, bottom, background });
}

function encoder(pipeline: Sharp, { preset: { format, quality } }: RenditionPlan): Sharp {
  switch (format) {
    case "jpeg":
      return pipeline.jpeg({ quality });
    case "png":
      return pipeline.png();
    case "webp":
      return pipeline.webp({ quality, effort: 2 });
    case "avif":
      return pipeline.avif({ quality, effort: 2 });
  }
}

import sharp, { type Sharp } from "sharp";
import type { RenditionPlan } from "../../plan/index.ts";
import type { Preset } from "../../recipe/index.ts";
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
  const data = await encodeAs(
    withMetadata(framed(pipeline, plan, alpha), plan, exif),
    preset,
  ).toBuffer();
  return { plan, data, width, height, format: preset.format };
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

/**
 * Lets a pipeline of sharp end in the format of a preset, as every rendition does. The defaults are
 * explained in docs/adr/008-encoder-defaults.md.
 *
 * @example
 * const [preset] = defineRecipe({ presets: { small: "400w" } }).presets;
 * if (preset) await encodeAs(sharp("tom.jpg"), preset).toFile("tom.webp");
 */
export function encodeAs(
  pipeline: Sharp,
  {
    format,
    quality,
    ...options
  }: Pick<Preset, "format" | "quality" | "effort" | "mozjpeg" | "palette">,
): Sharp {
  const effort = options.effort === undefined ? {} : { effort: options.effort };
  switch (format) {
    case "jpeg":
      return pipeline.jpeg({ quality, mozjpeg: options.mozjpeg ?? false });
    case "png":
      return options.palette ? pipeline.png({ palette: true, quality, ...effort }) : pipeline.png();
    case "webp":
      return pipeline.webp({ quality, ...effort });
    case "avif":
      return pipeline.avif({ quality, ...effort, chromaSubsampling: "4:2:0" });
    case "gif":
      return pipeline.gif(effort);
  }
}

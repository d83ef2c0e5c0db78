import { readFile } from "node:fs/promises";
import { type SourceInfo, sameArea } from "../../plan/index.ts";
import type { RenderedImage } from "../encode/encode.ts";
import type { ImageInput } from "../input.ts";
import { hasNoTrailingData } from "./no-trailing-data.ts";

/**
 * Returns the source's own bytes instead of a rendition if the preset specifies that, they are
 * fewer, and they are the same image in the same format without anything that a rendition leaves
 * out.
 */
export async function passthrough(
  image: RenderedImage,
  input: ImageInput,
  source: SourceInfo,
): Promise<RenderedImage> {
  if (image.plan.preset.fallback !== "source" || !isWhole(image, source)) return image;
  if (image.data.length <= source.bytes) return image;
  // A copy: the source's memory is released as soon as the job no longer needs it.
  const data = input.kind === "bytes" ? Buffer.from(input.bytes) : await readFile(input.path);
  return hasNoTrailingData(source.format, data) ? { ...image, data } : image;
}

function isWhole({ format, plan }: RenderedImage, source: SourceInfo): boolean {
  const { scaled, crop, pad } = plan;
  return (
    source.bare === true &&
    source.format === format &&
    // CMYK, or more bits than a rendition has, is not allowed.
    (source.format !== "jpeg" || source.bands !== 4) &&
    source.depth <= 8 &&
    crop === undefined &&
    pad === undefined &&
    sameArea(scaled, source)
  );
}

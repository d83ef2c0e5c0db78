import { readFile } from "node:fs/promises";
import { type SourceInfo, sameArea } from "../../plan/index.ts";
import type { RenderedImage } from "../encode/encode.ts";
import type { ImageInput } from "../input.ts";
import { hasNoTrailingData } from "./no-trailing-data.ts";

/**
 * A rendition, or the source's own bytes in its place where its preset says so, they are fewer, and
 * they are the same picture in the same format with nothing in them that a rendition leaves out.
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
    // CMYK, and more bits than a rendition has.
    (source.format !== "jpeg" || source.bands !== 4) &&
    source.depth <= 8 &&
    crop === undefined &&
    pad === undefined &&
    sameArea(scaled, source)
  );
}

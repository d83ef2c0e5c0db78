import type { Area } from "./geometry.ts";
import type { RasterPlan, RenditionPlan } from "./plan.ts";
import type { SourceInfo } from "./source-info.ts";

const MIB = 1024 * 1024;

/** libvips' line caches and each codec's own tables, measured on pictures of a few px. */
const FLOOR = 24 * MIB;

/** Predicts the peak of one decode to a raster and of what is made from it, in bytes. */
export function cascadeBytes(source: SourceInfo, raster: RasterPlan): number {
  const own = rasterBytes(source, raster);
  return FLOOR + own + Math.max(decoderBytes(source, raster), descentBytes(source, raster));
}

/** Predicts the peak of decoding, scaling and encoding one rendition as a stream, in bytes. */
export function streamBytes(source: SourceInfo, rendition: RenditionPlan): number {
  const turned = source.orientation > 1 ? rasterBytes(source, rendition.scaled) : 0;
  return FLOOR + decoderBytes(source, rendition.scaled) + turned + encoderBytes(source, rendition);
}

function descentBytes(source: SourceInfo, { renditions, rasters }: RasterPlan): number {
  const encoders = renditions.map((rendition) => encoderBytes(source, rendition));
  const below = rasters.map((raster) => rasterBytes(source, raster) + descentBytes(source, raster));
  return sum(encoders) + sum(below);
}

/** 8 bit sRGB, alpha kept. */
function rasterBytes(source: SourceInfo, area: Area): number {
  return pixels(area) * (source.alpha ? 4 : 3);
}

function decoderBytes(source: SourceInfo, target: Area): number {
  const all = pixels(source);
  switch (source.format) {
    case "jpeg":
      // All coefficients of all scans are kept until the last: 16 bits each, subsampled or not.
      return source.progressive ? all * source.bands * 2 : 0;
    case "png":
      return source.progressive ? all * source.bands * (source.depth > 8 ? 2 : 1) : 0;
    case "webp":
      return pixels(target) * 4 + all * 2;
    case "gif":
      return all * 8;
    case "avif":
      return all * (source.depth > 8 ? 12 : 7);
    case "tiff":
      return 0;
  }
}

function encoderBytes(source: SourceInfo, { preset, width, height }: RenditionPlan): number {
  const perPixel = { jpeg: 1, png: 3, webp: 9, avif: 20 } as const;
  return width * height * perPixel[preset.format] + rasterBytes(source, { width, height }) / 4;
}

function pixels({ width, height }: Area): number {
  return width * height;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

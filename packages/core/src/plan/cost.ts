import { type Area, areaPixels, sameArea } from "./area.ts";
import { isMapped, needsPixels } from "./bit-depth.ts";
import { decoderCost } from "./decoder-cost.ts";
import type { RasterPlan, RenditionPlan } from "./plan.ts";
import type { SourceInfo } from "./source-info.ts";

const MIB = 1024 * 1024;

/**
 * The memory of a job in addition to its pixels, in MiB, measured by `bench cost` on images of 640
 * x 480 px: codec tables and a thread's arena on first use, the decoding thread of a BMP, the fonts
 * of an SVG.
 */
const BASE = {
  jpeg: 6,
  png: 6,
  webp: 10,
  avif: 12,
  gif: 6,
  tiff: 6,
  heic: 6,
  bmp: 28,
  svg: 24,
} as const;
/**
 * Bytes of memory per byte of EXIF in the codec: 7, 8 and 13 measured with 1 MiB in WebP, AVIF and
 * PNG.
 */
const EXIF_BYTE = 13;
/** The same for each rendition that is encoded at the same time. */
const BESIDE = MIB;

/**
 * Bytes per px that an encoder uses in addition to the pixels it reads, opaque and with alpha.
 * Measured on 1 and 12 megapixels; the larger value is used. JPEG holds all coefficients because it
 * optimizes their coding. PNG holds only its output, in growing buffers, here for pixels that
 * hardly compress. AVIF holds the frame several times, in its own planes, with all of
 * its colors.
 */
const ENCODER_PIXEL = {
  jpeg: [6.5, 6.5],
  png: [3.6, 4.6],
  webp: [5.2, 13.8],
  avif: [38, 52],
  gif: [14, 14],
} as const;

/**
 * The same with `encoding: "by-content"`, opaque or with alpha: WebP without loss, a palette that is searched
 * for longer, and JPEG with all of its colors.
 */
const BY_CONTENT_PIXEL = { webp: 42, png: 24, jpeg: 15, avif: 0, gif: 0 } as const;

/** The same for encoders with a higher effort: a palette index per px, or all scans at once. */
const PALETTE_PIXEL = 5.4;
const MOZJPEG_PIXEL = 8;

/**
 * The lines of its raster that a scaling holds, and bytes per px of these lines, opaque and with
 * alpha, which is scaled as floating point. Measured on a PNG of 4 megapixels that was its own
 * raster, with the default recipe: 38 to 42 MiB opaque and 73 to 83 MiB with alpha.
 */
const LINES = 64;
const LINE_PIXEL = [4, 16] as const;

/**
 * Predicts the peak of one decode to a raster and of everything made from it, in bytes. It assumes
 * that all encoders run at once: the program's thread budget decides how many do, and a plan does
 * not know it.
 */
export function cascadeBytes(source: SourceInfo, raster: RasterPlan): number {
  const { early, whole, lasting } = decoderCost(source, raster);
  const own = rasterBytes(source, raster);
  const decoding = whole + turningBytes(source, raster);
  const base = baseBytes(source, countOf(raster));
  return base + Math.max(early, lasting + own + Math.max(decoding, belowBytes(source, raster)));
}

/** Predicts the peak of decoding, scaling and encoding one rendition as a stream, in bytes. */
export function streamBytes(source: SourceInfo, rendition: RenditionPlan): number {
  const { early, whole, lasting } = decoderCost(source, rendition.scaled);
  const turning = turningBytes(source, rendition.scaled);
  const pixels = needsPixels(source, rendition) ? rasterBytes(source, rendition.scaled) : 0;
  const own = turning + pixels + encoderBytes(source, rendition) + framesBytes(source, rendition);
  return baseBytes(source, 1) + Math.max(early, lasting + whole + own);
}

function baseBytes({ format, exifBytes = 0 }: SourceInfo, renditions: number): number {
  return BASE[format] * MIB + renditions * BESIDE + exifBytes * EXIF_BYTE;
}

function countOf({ renditions, rasters }: RasterPlan): number {
  return renditions.length + sum(rasters.map(countOf));
}

function belowBytes(source: SourceInfo, raster: RasterPlan): number {
  const { renditions, rasters } = raster;
  const scalings = [...renditions.map(({ scaled }) => scaled), ...rasters].filter(
    (size) => !sameArea(size, raster),
  );
  return (
    scalings.length * linesBytes(source, raster) +
    sum(renditions.map((rendition) => encoderBytes(source, rendition))) +
    sum(rasters.map((below) => rasterBytes(source, below) + belowBytes(source, below)))
  );
}

/** The bytes of a raster that each scaling holds while it reads. */
function linesBytes({ alpha }: SourceInfo, raster: Area): number {
  const [opaque, clear] = LINE_PIXEL;
  return raster.width * Math.min(raster.height, LINES) * (alpha ? clear : opaque);
}

/** 8-bit sRGB with alpha if there is any, and for mapped colors also the stored samples. */
function rasterBytes(source: SourceInfo, area: Area): number {
  const stored = isMapped(source) ? source.bands * (source.depth > 8 ? 2 : 1) : 0;
  return areaPixels(area) * ((source.alpha ? 4 : 3) + stored);
}

function encoderPixel({ alpha: clear }: SourceInfo, { preset }: RenditionPlan): number {
  if (preset.palette) return PALETTE_PIXEL;
  if (preset.mozjpeg && preset.encoding === undefined) return MOZJPEG_PIXEL;
  const [opaque, alpha] = ENCODER_PIXEL[preset.format];
  const looked = preset.encoding === "by-content" ? BY_CONTENT_PIXEL[preset.format] : 0;
  return Math.max(clear ? alpha : opaque, looked);
}

/**
 * The frames of an animation lie below one another, scaled, and a second time if they are cropped
 * or padded. libwebp holds much of what it has decoded. Measured as in decoder-cost.ts, 60 frames
 * of 640 x 480 px, in MiB: GIF to 320w WebP 15, to 640w 32; WebP to 320w WebP 54, to 640w GIF 59.
 * For 20 frames with more movement: WebP to 320w WebP 44.
 */
function framesBytes(source: SourceInfo, { frames, scaled, width, height }: RenditionPlan): number {
  if (frames === undefined) return 0;
  const decoded = source.format === "webp" ? areaPixels(source) * 3 : 0;
  return frames * (decoded + 4 * (areaPixels(scaled) + width * height));
}

/** An image whose crop position is searched is held whole, at its scaled size. */
function seekingBytes(source: SourceInfo, { crop, scaled }: RenditionPlan): number {
  return crop?.seek === undefined ? 0 : rasterBytes(source, scaled);
}

/** A rotated image is copied whole, at its scaled size, to turn it upright. */
function turningBytes(source: SourceInfo, scaled: Area): number {
  return source.orientation > 1 ? rasterBytes(source, scaled) : 0;
}

function encoderBytes(source: SourceInfo, rendition: RenditionPlan): number {
  const looked = rendition.preset.encoding === "by-content" ? rasterBytes(source, rendition) : 0;
  return (
    areaPixels(rendition) * encoderPixel(source, rendition) +
    looked +
    seekingBytes(source, rendition)
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

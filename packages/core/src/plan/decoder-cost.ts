import { type Area, areaPixels } from "./area.ts";
import { transcodedBits } from "./bit-depth.ts";
import type { Repacked, SourceInfo } from "./source-info.ts";

/**
 * The memory that reading a source takes, in bytes, by how long its codec holds it.
 *
 * Measured: growth of a child process's peak resident size (VmHWM), 8000 x 6000 px, one thread,
 * libvips 8.18.7, glibc, output 100 / 1600 px wide, in MiB:
 *
 * | source | 100 | 1600 | | source | 100 | 1600 |
 * |---|---|---|---|---|---|---|
 * | JPEG 4:2:0 | 10 | 19 | | WebP lossy | 5 | 25 |
 * | JPEG progressive 4:2:0 | 147 | 157 | | WebP lossy, alpha | 56 | 64 |
 * | JPEG progressive 4:4:4 | 287 | 297 | | WebP lossless | 235 | 243 |
 * | JPEG CMYK | 35 | 45 | | AVIF 8 bit 4:4:4 | 846 | 846 |
 * | PNG 8 bit RGB | 27 | 51 | | AVIF 8 bit 4:2:0 | 706 | 706 |
 * | PNG 8 bit RGBA | 41 | 73 | | AVIF 10 bit 4:4:4 | 1135 | 1135 |
 * | PNG 16 bit RGB | 52 | 94 | | GIF | 227 | 251 |
 * | PNG interlaced | 152 | 176 | | TIFF strips / tiles | 30 / 27 | 55 / 51 |
 */
export interface DecoderCost {
  /** Used during the decode and released before the raster exists. */
  readonly early: number;
  /** Held while the decoder outputs pixels. */
  readonly whole: number;
  /**
   * Held until the job ends: line caches, the memory of libwebp (freed memory returns to glibc's
   * arenas), and the whole image that a HEIC, BMP or TIFF was unpacked to.
   */
  readonly lasting: number;
}

/**
 * The memory of a thread with libheif in WebAssembly, and bytes per px. It grew by 36 MiB for 96 x
 * 64 px, by 162 and 193 for 12.2 megapixels of 4:2:0 and 4:4:4, and by 267 for 24.5. More than 8
 * bits take 16 in memory: 200 and 257 for 12 megapixels. Tiles, as phones write them, take less:
 * 161 for 12 and 519 for 48 megapixels of 10 bits.
 */
const HEIC_BASE = 40 * 1024 * 1024;
const HEIC_PIXEL = 13.5;
const HEIC_DEEP_PIXEL = 21;

/** Memory grew by 11 to 20 MiB more than the pixels for TIFFs of 24 megapixels in strips. */
const REPACKING_BASE = 16 * 1024 * 1024;

/** Bytes of memory per byte of XML in librsvg. */
const SVG_TREE = 20;

/** @param target the size that the whole upright image is scaled to, in px */
export function decoderCost(source: SourceInfo, target: Area): DecoderCost {
  return {
    early: earlyBytes(source),
    whole: wholeBytes(source, target),
    lasting: lineBytes(source, target) + lastingBytes(source, target),
  };
}

function earlyBytes(source: SourceInfo): number {
  // The image may be a crop of a larger one.
  const all = Math.max(areaPixels(source), source.coded?.largest ?? 0);
  switch (source.format) {
    case "avif":
      return all * (source.depth > 8 ? 25 : 19) + (source.premultiplied ? unpacked(source) : 0);
    case "heic":
      return HEIC_BASE + all * (source.depth > 8 ? HEIC_DEEP_PIXEL : HEIC_PIXEL) + source.bytes * 2;
    case "bmp":
      // Run lengths are first expanded to indices. The file itself is held twice, on two threads.
      return all * (source.bands + 1) + source.bytes;
    case "tiff":
      return source.repacked ? repackingBytes(source, source.repacked) : 0;
    default:
      return 0;
  }
}

/** The codec's lines, the decompressed samples, the repacked samples and a copy of the file. */
function repackingBytes(source: SourceInfo, { pixelBytes, copied }: Repacked): number {
  const samples = areaPixels(source) * pixelBytes;
  return REPACKING_BASE + samples + unpacked(source) + (copied ? source.bytes : 0);
}

function lastingBytes(source: SourceInfo, target: Area): number {
  const all = areaPixels(source);
  switch (source.format) {
    case "avif":
      return (source.rewritten ? source.bytes : 0) + (source.premultiplied ? unpacked(source) : 0);
    case "bmp":
    case "heic":
      return unpacked(source) + (source.rewritten ? source.bytes : 0);
    case "tiff":
      return source.repacked ? unpacked(source) : 0;
    case "png":
      // The codec reads a copy that has a profile.
      return source.rewritten ? source.bytes : 0;
    case "webp":
      // libwebp scales lossy images while it decodes them, but keeps the alpha plane.
      return (
        source.bytes +
        (source.lossless || !source.alpha ? 0 : all) +
        keptByMalloc(areaPixels(source.lossless ? source : target) * 4)
      );
    case "svg":
      return keptByMalloc(areaPixels(target) * 4);
    default:
      return 0;
  }
}

/** The size of the uncompressed TIFF that is held until the last rendition. */
function unpacked(source: SourceInfo): number {
  return areaPixels(source) * source.bands * (transcodedBits(source) / 8);
}

/**
 * The limit below which glibc keeps freed memory: blocks of up to 32 MiB, per thread. Measured on 4
 * megapixels of WebP to a JPEG of the same size: 89 MiB, and 42 MiB with MALLOC_ARENA_MAX=2 and
 * MALLOC_MMAP_THRESHOLD_=1048576 in the environment. The plan relies on neither setting.
 */
const KEPT = 40 * 1024 * 1024;

/**
 * A frame is decoded and copied. Both blocks are freed before it is encoded, but stay with the
 * process.
 */
function keptByMalloc(frame: number): number {
  return frame < KEPT ? 2 * frame : 0;
}

function wholeBytes(source: SourceInfo, target: Area): number {
  const all = areaPixels(source);
  switch (source.format) {
    case "jpeg":
      // libjpeg holds the coefficients of all scans until the last: 16 bits each, 1.5 per px if
      // subsampled.
      return source.progressive ? all * 2 * (source.subsampled ? 1.5 : source.bands) : 0;
    case "png":
      return source.progressive ? all * storedPixel(source) : 0;
    case "webp":
      return source.lossless ? all * 4 : areaPixels(target) * 3;
    case "gif":
      return source.bytes + all * 4;
    case "avif":
      return all * (source.alpha ? 4 : 3) * (source.depth > 8 ? 2 : 1);
    case "tiff":
    case "bmp":
    case "heic":
      return 0;
    case "svg":
      // librsvg draws in strips.
      return SVG_TREE * source.bytes;
  }
}

/**
 * libvips passes lines on in blocks that reach far up and down when it shrinks: 600 lines of the
 * source unscaled, 1,500 up to a shrink of 4, 2,000 beyond. libjpeg buffers about 400 more.
 */
function lineBytes(source: SourceInfo, target: Area): number {
  // libwebp scales by itself, in a few lines.
  if (source.format === "webp") return 0;
  const load = source.format === "jpeg" ? jpegScale(source, target) : 1;
  const shrink = smallestShrink(source, target) / load;
  const reach = shrink <= 1 ? 600 : shrink < 4 ? 1500 : 2000;
  const line = (upright(source) ? source.width : source.height) * storedPixel(source);
  const length = upright(source) ? source.height : source.width;
  const cmyk = source.bands === 4 && !source.alpha ? 1.75 : 1;
  const codec = source.format === "jpeg" ? line * 400 : 0;
  return cmyk * (codec + (line / load) * Math.min(reach, length / load));
}

/** The part of a JPEG's shrink that sharp leaves to the decoder: 1, 2, 4 or 8. */
function jpegScale(source: SourceInfo, target: Area): number {
  const shrink = smallestShrink(source, target);
  const scale = [8, 4, 2].find((factor) => shrink >= factor) ?? 1;
  return scale > 1 && Math.trunc(shrink) === scale ? scale / 2 : scale;
}

function smallestShrink(source: SourceInfo, target: Area): number {
  return Math.min(source.width / target.width, source.height / target.height);
}

function storedPixel({ bands, depth }: SourceInfo): number {
  return bands * Math.max(1, depth / 8);
}

/** Whether the lines of the file are the lines of the upright image. */
function upright({ orientation }: SourceInfo): boolean {
  return orientation < 5;
}

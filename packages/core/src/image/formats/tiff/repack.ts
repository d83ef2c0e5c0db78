import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { Sharp } from "sharp";
import { Rejection } from "../../../outcome/index.ts";
import { type Repacked, type SourceInfo, transcodedBits } from "../../../plan/index.ts";
import { runPipeline, toDecodeError } from "../../codec-error.ts";
import { withByteReader } from "../../decode/byte-reader.ts";
import { openImage } from "../../decode/open.ts";
import { PIXELS_AT_ONCE, release, type Samples, toSamples } from "../../decode/pixels.ts";
import type { ImageInput } from "../../input.ts";
import type { Directory } from "./directory.ts";
import { fullPicture, placeOf } from "./full-picture.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { emptyTiff, type Raster } from "./raster.ts";
import { rgbOf } from "./ycbcr.ts";

const PHOTOMETRIC = 262;
const RGB = 2;
const BIG_ENDIAN = 0x4d;

/** The layout that the codec gets instead of the stored samples. */
export function repackedAs(layout: Layout): Repacked & { readonly depth: 8 | 16 } {
  const { colors, alpha, bits, samples } = layout;
  const gray = colors === "white" || colors === "black";
  const held = {
    pixelBytes: ((gray ? samples + 2 : samples) * bits) / 8,
    copied: colors === "ycbcr" || colors === "cielab" || colors === "icclab",
  };
  const depth = bits === 16 ? 16 : 8;
  switch (colors) {
    case "cielab":
    case "icclab":
      return { ...held, color: "lab", depth: 16 };
    case "cmyk":
      // The codec loses alpha for CMYK of 16 bits.
      return { ...held, color: "cmyk", depth: alpha === undefined ? depth : 8 };
    default:
      return { ...held, color: gray ? "gray" : "rgb", depth };
  }
}

/** The raster of a repacked image: as stored, not upright. */
export function repackedRaster(source: SourceInfo, { color }: Repacked): Raster {
  const { width, height, bands, icc, orientation } = source;
  return {
    ...(orientation < 5 ? { width, height } : { width: height, height: width }),
    color,
    channels: bands,
    bits: transcodedBits(source),
    orientation,
    ...(icc && { icc }),
  };
}

interface How {
  readonly signal: AbortSignal;
  /** The longest time that decoding may take. */
  readonly seconds: number;
  /** Whether the intact part of a damaged source is requested. */
  readonly tolerant: boolean;
}

/**
 * Repacks a TIFF that the codec would show in wrong colors. The codec decompresses it to the stored
 * samples, and the color and alpha samples are copied. Every variant of Lab becomes 16-bit Lab.
 *
 * @throws Rejection `SourceCorrupt`, Failure `OutOfMemory` or `TimedOut`, the signal's reason
 */
export async function repacked(
  input: ImageInput,
  source: SourceInfo,
  raster: Raster,
  { signal, seconds, tolerant }: How,
): Promise<ArrayBuffer> {
  const { picture, layout } = await layoutAgain(input, source, raster);
  const { directory } = picture;
  const readable = source.repacked?.copied ? await copyLabeledRgb(input, directory) : input;
  const failOn = tolerant ? "none" : "error";
  const how = { asIs: true, asStored: true, failOn, ...placeOf(picture) } as const;
  const decoded = await runPipeline(
    () => {
      const pipeline = openImage(readable, source, how).timeout({ seconds });
      return toSamples(withStored(pipeline, layout, directory), layout.bits === 16 ? 16 : 8);
    },
    toDecodeError,
    signal,
  );
  const { file, pixels } = emptyTiff(raster);
  await take(decoded, layout, raster, pixels, signal);
  release(decoded);
  return file.buffer;
}

/** Reads the layout again, which the probe read before. */
async function layoutAgain(input: ImageInput, source: SourceInfo, { width, height }: Raster) {
  const picture = await withByteReader(input, (reader) => fullPicture(reader, source.pages));
  const layout = picture && layoutOf(picture.directory);
  if (layout?.width === width && layout.height === height && picture !== undefined) {
    return { picture, layout };
  }
  throw new Rejection(
    "SourceCorrupt",
    "the pixels cannot be read: the source is not the one that was probed",
  );
}

async function copyLabeledRgb(input: ImageInput, directory: Directory): Promise<ImageInput> {
  const bytes = input.kind === "bytes" ? Buffer.from(input.bytes) : await readFile(input.path);
  const place = directory.places.get(PHOTOMETRIC);
  if (place !== undefined) {
    const end = place.at + place.bytes;
    bytes.fill(0, place.at, end);
    bytes[bytes[0] === BIG_ENDIAN ? end - 1 : place.at] = RGB;
  }
  return { kind: "bytes", bytes };
}

/**
 * Makes a pipeline return stored samples, except YCbCr, which becomes RGB, and gray, which is
 * repeated three times.
 */
function withStored(pipeline: Sharp, { colors, bits }: Layout, directory: Directory): Sharp {
  if (colors === "cmyk") return pipeline.pipelineColorspace("cmyk").toColorspace("cmyk");
  const rgb = pipeline.toColorspace(bits === 16 ? "rgb16" : "srgb");
  if (colors !== "ycbcr") return rgb;
  const { factors, added } = rgbOf(directory);
  return rgb.recomb(factors).linear([1, 1, 1], added);
}

/** Fills a raster with the color and alpha samples. */
async function take(
  { samples, width, height, channels: step }: Samples,
  layout: Layout,
  { channels, bits }: Raster,
  pixels: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const out =
    bits === 16 ? new Uint16Array(pixels.buffer, pixels.byteOffset, pixels.length / 2) : pixels;
  const wanted = channelsOf(layout);
  const all = width * height;
  for (let from = 0; from < all; from += PIXELS_AT_ONCE) {
    const end = Math.min(all, from + PIXELS_AT_ONCE);
    for (const [channel, { sample, value }] of wanted.entries()) {
      for (let at = from; at < end; at++) {
        out[at * channels + channel] = value[samples[at * step + sample] ?? 0] ?? 0;
      }
    }
    await setImmediate();
    signal.throwIfAborted();
  }
}

interface Channel {
  /** The index of the sample in its px. */
  readonly sample: number;
  /** The output value for each input value. */
  readonly value: Uint16Array;
}

function channelsOf(layout: Layout): Channel[] {
  const { colors, inks, alpha, bits } = layout;
  const gray = colors === "white" || colors === "black";
  const shift = bits === 16 && repackedAs(layout).depth === 8 ? 8 : 0;
  const plain = table(bits, (number) => number >> shift);
  const lab = colors === "cielab" || colors === "icclab" ? labTables(colors, bits) : undefined;
  const color = Array.from({ length: inks }, (_, sample) => ({
    sample,
    value: (sample === 0 ? lab?.lightness : lab?.opponent) ?? plain,
  }));
  if (alpha === undefined) return color;
  return [...color, { sample: gray ? alpha + 2 : alpha, value: plain }];
}

/**
 * The codec reads 16-bit CIELAB: TIFF 6.0, section 23. ICCLAB has no negative numbers, and its
 * 16-bit L* ends at FF00: Adobe Photoshop TIFF Technical Notes, 2002.
 */
function labTables(colors: "cielab" | "icclab", bits: number) {
  const white = colors === "icclab" && bits === 16 ? 0xff00 : 2 ** bits - 1;
  const zero = colors === "icclab" ? 0x8000 : 0;
  return {
    lightness: table(bits, (number) => Math.min(0xffff, Math.round((number / white) * 0xffff))),
    opponent: table(bits, (number) => (number << (16 - bits)) ^ zero),
  };
}

function table(bits: number, value: (number: number) => number): Uint16Array {
  return Uint16Array.from({ length: 2 ** bits }, (_, number) => value(number));
}

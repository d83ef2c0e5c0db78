import type { Metadata } from "sharp";
import { Rejection } from "../outcome/index.ts";
import {
  INPUT_NAMES,
  type InputFormat,
  isMapped,
  isProfiled,
  type SourceInfo,
} from "../plan/index.ts";
import type { Recipe } from "../recipe/index.ts";
import { meaning, runPipeline } from "./codec-error.ts";
import { isP3 } from "./color/code-points.ts";
import { isDisplayP3 } from "./color/display-p3.ts";
import { grayColors } from "./color/gray.ts";
import { pngColors } from "./color/png.ts";
import { withRewritten } from "./color/tagged.ts";
import { openImage } from "./decode/open.ts";
import { type Parts, withParts } from "./decode/parts.ts";
import { withSafePath } from "./decode/safe-path.ts";
import { BMP_HEAD_BYTES, bmpHeader } from "./formats/bmp/header.ts";
import { formatOf } from "./formats/detect.ts";
import { withBearableExif } from "./formats/exif/bearable.ts";
import { hasGaps } from "./formats/gif.ts";
import { codedPixels } from "./formats/iso/coded.ts";
import { isoColors, isPremultiplied, pictureKind } from "./formats/iso/colors.ts";
import { isoFile } from "./formats/iso/picture.ts";
import { hasQuarterChroma } from "./formats/jpeg/chroma.ts";
import { checkScans } from "./formats/jpeg/scans.ts";
import { drawnAt, svgBytes } from "./formats/svg.ts";
import { TIFF_BYTES } from "./formats/tiff/raster.ts";
import { type TiffSaid, tiffSaid } from "./formats/tiff/said.ts";
import { unread, unreadJpeg, unreadPng } from "./formats/unsupported.ts";
import { mayBeLossless } from "./formats/webp/lossless.ts";
import { webpMend, withMendedWebp } from "./formats/webp/repair.ts";
import type { ImageInput } from "./input.ts";
import { hasNoMetadata } from "./passthrough/no-metadata.ts";

/**
 * Enough for the magic number of any format, and nearly always for the chunks before a WebP's first
 * frame.
 */
const HEAD_BYTES = 64 * 1024;

const READ = `${INPUT_NAMES} are`;

/** The parts of a recipe that decide which sources are read. */
export type ProbeRules = Pick<Recipe, "source" | "limits" | "presets">;

/**
 * Reads the header of a source without decoding pixels.
 *
 * @throws Rejection `SourceEmpty`, `SourceUnsupported`, `SourceCorrupt` or `SourceTooLarge`
 *
 * @example
 * const { format, width, height } = await probe({ kind: "file", path: "tom.jpg" }, recipe);
 */
export async function probe(input: ImageInput, rules: ProbeRules): Promise<SourceInfo> {
  const { head, bytes, own } = await withParts(input, async (parts) => {
    if (parts.bytes === 0) throw new Rejection("SourceEmpty", "the source has 0 bytes");
    const start = await parts.read(0, HEAD_BYTES);
    const format = readableFormat(start, rules);
    return { head: start, bytes: parts.bytes, own: await said(format, parts, rules) };
  });
  if (own.format === "bmp" || own.tiff?.repacked) {
    const info = own.tiff?.repacked ?? describeBmp(head, bytes);
    checkPixels(info, rules);
    return info;
  }
  const { metadata, mend } = await metadataIn(input, own, rules);
  const info = { ...describe(own, head, bytes, metadata, rules), ...mend };
  checkPixels(info, rules);
  if (info.format === "jpeg" && info.progressive) {
    await withParts(input, (parts) => checkScans(parts, info, rules.limits.seconds));
  }
  return info;
}

/** The information in a source's header that the codec does not report. */
interface Said extends Pick<SourceInfo, "colors" | "premultiplied" | "rewritten" | "coded"> {
  readonly format: InputFormat;
  readonly tiff?: TiffSaid;
}

async function said(format: InputFormat, parts: Parts, rules: ProbeRules): Promise<Said> {
  switch (format) {
    case "jpeg": {
      const kind = await unreadJpeg(parts);
      if (kind !== undefined) throw unread(kind);
      return { format };
    }
    case "png": {
      const kind = await unreadPng(parts);
      if (kind !== undefined) throw unread(kind);
      const colors = await pngColors(parts);
      return { format, ...(colors && { colors }) };
    }
    case "avif":
    case "heic":
      return isoSaid(format, parts, rules);
    case "tiff":
      return { format, tiff: await tiffSaid(parts, rules) };
    default:
      return { format };
  }
}

async function isoSaid(seen: "avif" | "heic", parts: Parts, rules: ProbeRules): Promise<Said> {
  const file = await isoFile(parts);
  const kind = file && pictureKind(file);
  if (kind && "unread" in kind) throw unread(kind.unread);
  const coded = file && codedPixels(file);
  // The codec might read it as something else.
  if (!kind || !coded) throw headerFault(seen, "what describes its pictures is damaged", undefined);
  const { format } = kind;
  checkAllowed(format, rules);
  const { colors, unread: coding } = await isoColors(file, parts);
  if (coding !== undefined)
    throw unread(`${format === "avif" ? "an AVIF" : "a HEIC"} in ${coding}`);
  return {
    format,
    coded,
    ...(colors && { colors }),
    ...(isPremultiplied(file) && { premultiplied: true }),
    // The codec does not support image sequences.
    ...((file.fromTracks || file.brand === "avis") && { rewritten: true }),
  };
}

interface Read {
  readonly metadata: Metadata;
  readonly mend?: Pick<SourceInfo, "mended" | "damaged">;
}

function metadataIn(input: ImageInput, said: Said, rules: ProbeRules): Promise<Read> {
  return withSafePath(input, (named) =>
    withBearableExif(named, said.format, (bearable) => {
      const read = (readable: ImageInput) => metadataAndMend(readable, said, rules);
      return said.rewritten ? withRewritten(bearable, undefined, read) : read(bearable);
    }),
  );
}

/**
 * Reads the metadata, and repairs the source where that is needed first. A truncated WebP has no
 * readable header until it is repaired. That is done if all requested frames are complete, or if
 * the recipe renders damaged sources. A GIF that ends within its first frame still gives its size
 * with `failOn: "none"`; the damage is detected when it is rendered.
 */
async function metadataAndMend(
  input: ImageInput,
  { format, tiff }: Said,
  { source, presets }: ProbeRules,
): Promise<Read> {
  const metadata = metadataOf(format, tiff?.place);
  try {
    return { metadata: await metadata(input) };
  } catch (toError) {
    if (!(toError instanceof Rejection)) throw toError;
    if (format === "gif" && source.damaged === "render") {
      return { metadata: await metadataOf(format, { failOn: "none" })(input) };
    }
    if (format !== "webp") throw toError;
    const mend = await withParts(input, webpMend);
    const missed = mend?.lacksFrames !== true || presets.some(({ animated }) => animated);
    if (mend === undefined || (missed && source.damaged === "reject")) throw toError;
    const mended = { mended: true } as const;
    return {
      metadata: await withMendedWebp(input, mended, metadata),
      mend: { ...mended, ...(missed && { damaged: toError.message }) },
    };
  }
}

const metadataOf =
  (format: InputFormat, how: Parameters<typeof openImage>[2] = {}) =>
  async (input: ImageInput): Promise<Metadata> => {
    const readable = format === "svg" ? await svgBytes(input) : input;
    const read = (page?: number) =>
      runPipeline(
        () =>
          openImage(readable, undefined, {
            ...how,
            ...(page !== undefined && { page }),
          }).metadata(),
        (text, cause) => headerFault(format, text, cause),
        undefined,
      );
    const first = await read();
    // A HEIC with several images specifies which one is primary.
    const { pagePrimary = 0 } = first;
    const metadata = format === "heic" && pagePrimary > 0 ? await read(pagePrimary) : first;
    const wanted = format === "avif" || format === "heic" ? "heif" : format;
    if (metadata.format !== wanted) {
      throw headerFault(format, `it can be taken for ${metadata.format} as well`, undefined);
    }
    return metadata;
  };

function readableFormat(head: Uint8Array, rules: ProbeRules): InputFormat {
  const seen = formatOf(head);
  if (seen.kind === "readable") {
    checkAllowed(seen.format, rules);
    return seen.format;
  }
  throw new Rejection(
    "SourceUnsupported",
    seen.kind === "unreadable"
      ? `the source is ${seen.name}, which is not read; ${READ}`
      : `the source is not an image of a format that is read: ${READ}`,
  );
}

function checkAllowed(format: InputFormat, { source }: ProbeRules): void {
  if ((format !== "heic" && format !== "svg") || source[format]) return;
  throw new Rejection(
    "SourceUnsupported",
    `the source is ${format.toUpperCase()}, which this recipe does not read: to have it read, write source: { ${format}: true }`,
  );
}

function headerFault(format: InputFormat, text: string, cause: unknown): Rejection {
  // The format is already known, so a file that the codec does not recognize is incomplete.
  const why = /unsupported image format/.test(text) ? meaning("") : meaning(text);
  return new Rejection(
    "SourceCorrupt",
    `the source begins as ${format} but its header cannot be read: ${why}`,
    { cause },
  );
}

const DEPTHS: Readonly<Record<string, SourceInfo["depth"]>> = {
  uchar: 8,
  char: 8,
  ushort: 16,
  short: 16,
};

function describe(
  said: Said,
  head: Uint8Array,
  bytes: number,
  metadata: Metadata,
  rules: ProbeRules,
): SourceInfo {
  const { tiff, ...rest } = said;
  const { format } = rest;
  const own = metadata.autoOrient;
  const pixels = { format, bands: metadata.channels, depth: storedDepth(metadata) };
  const colors = rest.colors ?? grayColors(metadata.icc, pixels);
  const info: SourceInfo = {
    ...rest,
    ...pixels,
    ...(colors && { colors }),
    ...tiff?.place,
    ...(format === "svg" ? { ...drawnAt(own, rules), drawnWidth: own.width } : own),
    ...((format === "heic" || said.premultiplied) && metadata.icc && { icc: metadata.icc }),
    bytes,
    pages: metadata.pages ?? 1,
    alpha: metadata.hasAlpha || (format === "gif" && hasGaps(head)),
    progressive: metadata.isProgressive,
    subsampled: format === "jpeg" && hasQuarterChroma(head),
    lossless: format === "webp" && mayBeLossless(head),
    ...((colors ?? metadata.icc) !== undefined && { profiled: true as const }),
    ...((colors ? isP3(colors) && isProfiled(colors) : isDisplayP3(metadata.icc)) && {
      p3: true as const,
    }),
    ...(!colors && hasNoMetadata(format, metadata) && { bare: true as const }),
    ...(metadata.exif && { exifBytes: metadata.exif.length }),
    orientation: metadata.orientation ?? 1,
  };
  return profileGiven(info) ? { ...info, rewritten: true } : info;
}

/** Whether the container gets a profile that describes the same colors as its numbers. */
function profileGiven(info: SourceInfo): boolean {
  if (info.colors === undefined || isMapped(info)) return false;
  return info.format === "png" || (info.format === "avif" && !info.premultiplied);
}

function describeBmp(head: Uint8Array, bytes: number): SourceInfo {
  const { width, height, bits, masks } = bmpHeader(head.subarray(0, BMP_HEAD_BYTES));
  const alpha = masks.alpha !== 0;
  return {
    format: "bmp",
    width,
    height,
    bytes,
    pages: 1,
    bands: alpha ? 4 : 3,
    depth: bits < 8 ? (bits === 1 ? 1 : 4) : 8,
    alpha,
    progressive: false,
    subsampled: false,
    lossless: false,
    orientation: 1,
  };
}

/**
 * libheif's WebAssembly has at most 2 GiB and takes about 10 bytes per px. Phones write 48
 * megapixels.
 */
const HEIC_PIXELS = 100_000_000;

/**
 * The maximum px of all parts of an image, as a multiple of the image's own px or of its largest
 * part. Tiles extend beyond an image by less than one tile (ISO/IEC 23000-22, 7.3.11.4.2), which
 * can be four times the size of a small image, and alpha may have as many.
 */
const PARTS = 8;

function checkPixels(info: SourceInfo, { limits }: ProbeRules): void {
  const { width, height, coded = { all: 0, largest: 0 } } = info;
  const pixels = Math.max(width * height, coded.largest);
  const most = Math.min(limits.pixels, mostDecoded(info));
  if (coded.all > pixels * PARTS) {
    throw new Rejection(
      "SourceTooLarge",
      `the source's parts are ${coded.all} px for a picture of ${width} x ${height}`,
    );
  }
  if (pixels <= most) return;
  throw new Rejection(
    "SourceTooLarge",
    `the source is ${pixels > width * height ? `cut from ${pixels}` : `${width} x ${height} = ${pixels}`} px and ${most} are let through`,
  );
}

/** The limit for formats that are decoded whole into memory. */
function mostDecoded({ format, bands, depth, repacked }: SourceInfo): number {
  if (format === "heic") return HEIC_PIXELS;
  if (format !== "bmp" && !repacked) return Infinity;
  const pixelBytes = Math.max(bands * (depth > 8 ? 2 : 1), repacked?.pixelBytes ?? 0);
  return Math.floor((TIFF_BYTES * 0.99) / pixelBytes);
}

/**
 * The header of a PNG with a palette or with 1, 2 or 4 bits specifies its depth. It is decoded to 8
 * bits.
 */
function storedDepth({ bitsPerSample, depth }: Metadata): SourceInfo["depth"] {
  switch (bitsPerSample) {
    case 1:
    case 2:
    case 4:
      return bitsPerSample;
    default:
      return DEPTHS[depth] ?? 32;
  }
}

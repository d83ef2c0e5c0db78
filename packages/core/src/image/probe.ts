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
import { withRewrittenContainer } from "./color/embedded-profile.ts";
import { grayColors } from "./color/gray.ts";
import { pngColors } from "./color/png.ts";
import { type ByteReader, withByteReader } from "./decode/byte-reader.ts";
import { type Edit, withEditedCopy } from "./decode/edited-copy.ts";
import { openImage } from "./decode/open.ts";
import { withSafePath } from "./decode/safe-path.ts";
import { BMP_HEAD_BYTES, bmpHeader } from "./formats/bmp/header.ts";
import { formatOf } from "./formats/detect.ts";
import { exifEdits } from "./formats/exif/limited.ts";
import { hasGaps } from "./formats/gif.ts";
import { codedPixels } from "./formats/iso/coded.ts";
import { isoColors, isPremultiplied, pictureKind } from "./formats/iso/colors.ts";
import { isoFile } from "./formats/iso/picture.ts";
import { hasQuarterChroma } from "./formats/jpeg/chroma.ts";
import { checkScans } from "./formats/jpeg/scans.ts";
import { drawnAt, svgBytes } from "./formats/svg.ts";
import { describeTiff, type TiffDescription } from "./formats/tiff/describe.ts";
import { TIFF_BYTES } from "./formats/tiff/raster.ts";
import { unsupported, unsupportedJpeg, unsupportedPng } from "./formats/unsupported.ts";
import { mayBeLossless } from "./formats/webp/lossless.ts";
import { webpRepair, withRepairedWebp } from "./formats/webp/repair.ts";
import type { ImageInput } from "./input.ts";
import { hasNoMetadata } from "./passthrough/no-metadata.ts";

/**
 * Enough for the magic number of any format, and nearly always for the chunks before a WebP's first
 * frame.
 */
const HEAD_BYTES = 64 * 1024;

const SUPPORTED = `supported are ${INPUT_NAMES}`;

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
  const { head, bytes, own, exif } = await withByteReader(input, async (reader) => {
    if (reader.bytes === 0) throw new Rejection("SourceEmpty", "the source has 0 bytes");
    const start = await reader.read(0, HEAD_BYTES);
    const format = readableFormat(start, rules);
    const container = await describeContainer(format, reader, rules);
    return {
      head: start,
      bytes: reader.bytes,
      own: container,
      exif: await exifEdits(container.format, reader),
    };
  });
  if (own.format === "bmp" || own.tiff?.repacked) {
    const info = own.tiff?.repacked ?? describeBmp(head, bytes);
    checkPixels(info, rules);
    return info;
  }
  const { metadata, repaired } = await metadataIn(input, own, exif, rules);
  const info = {
    ...describe(own, head, bytes, metadata, rules),
    ...(exif.length > 0 && { exifLimited: true as const }),
    ...repaired,
  };
  checkPixels(info, rules);
  if (info.format === "jpeg" && info.progressive) {
    await withByteReader(input, (reader) => checkScans(reader, info, rules.limits.seconds));
  }
  return info;
}

/** The information in a source's header that the codec does not report. */
interface Container extends Pick<SourceInfo, "colors" | "premultiplied" | "rewritten" | "coded"> {
  readonly format: InputFormat;
  readonly tiff?: TiffDescription;
}

async function describeContainer(
  format: InputFormat,
  reader: ByteReader,
  rules: ProbeRules,
): Promise<Container> {
  switch (format) {
    case "jpeg": {
      const kind = await unsupportedJpeg(reader);
      if (kind !== undefined) throw unsupported(kind);
      return { format };
    }
    case "png": {
      const kind = await unsupportedPng(reader);
      if (kind !== undefined) throw unsupported(kind);
      const colors = await pngColors(reader);
      return { format, ...(colors && { colors }) };
    }
    case "avif":
    case "heic":
      return isoContainer(format, reader, rules);
    case "tiff":
      return { format, tiff: await describeTiff(reader, rules) };
    default:
      return { format };
  }
}

async function isoContainer(
  detected: "avif" | "heic",
  reader: ByteReader,
  rules: ProbeRules,
): Promise<Container> {
  const file = await isoFile(reader);
  const kind = file && pictureKind(file);
  if (kind && "unsupported" in kind) throw unsupported(kind.unsupported);
  const coded = file && codedPixels(file);
  // The codec might read it as something else.
  if (!kind || !coded)
    throw headerFault(detected, "the description of its images is damaged", undefined);
  const { format } = kind;
  checkAllowed(format, rules);
  const { colors, unsupported: coding } = await isoColors(file, reader);
  if (coding !== undefined)
    throw unsupported(`${format === "avif" ? "an AVIF" : "a HEIC"} in ${coding}`);
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
  readonly repaired?: Pick<SourceInfo, "mended" | "damaged">;
}

function metadataIn(
  input: ImageInput,
  container: Container,
  exif: readonly Edit[],
  rules: ProbeRules,
): Promise<Read> {
  return withSafePath(input, (named) =>
    withEditedCopy(named, exif, (limited) => {
      const read = (readable: ImageInput) => metadataAndRepair(readable, container, rules);
      return container.rewritten ? withRewrittenContainer(limited, undefined, read) : read(limited);
    }),
  );
}

/**
 * Reads the metadata, and repairs the source where that is needed first. A truncated WebP has no
 * readable header until it is repaired. That is done if all requested frames are complete, or if
 * the recipe renders damaged sources. A GIF that ends within its first frame still gives its size
 * with `failOn: "none"`; the damage is detected when it is rendered.
 */
async function metadataAndRepair(
  input: ImageInput,
  { format, tiff }: Container,
  { source, presets }: ProbeRules,
): Promise<Read> {
  const metadata = metadataOf(format, tiff?.place);
  try {
    return { metadata: await metadata(input) };
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    if (format === "gif" && source.damaged === "render") {
      return { metadata: await metadataOf(format, { failOn: "none" })(input) };
    }
    if (format !== "webp") throw error;
    const repair = await withByteReader(input, webpRepair);
    const missed = repair?.lacksFrames !== true || presets.some(({ animated }) => animated);
    if (repair === undefined || (missed && source.damaged === "reject")) throw error;
    const mended = { mended: true } as const;
    return {
      metadata: await withRepairedWebp(input, mended, metadata),
      repaired: { ...mended, ...(missed && { damaged: error.message }) },
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
      throw headerFault(format, `it can also be read as ${metadata.format}`, undefined);
    }
    return metadata;
  };

function readableFormat(head: Uint8Array, rules: ProbeRules): InputFormat {
  const found = formatOf(head);
  if (found.kind === "supported") {
    checkAllowed(found.format, rules);
    return found.format;
  }
  throw new Rejection(
    "SourceUnsupported",
    found.kind === "unsupported"
      ? `the source is ${found.name}, which is not supported; ${SUPPORTED}`
      : `the source is not an image in a supported format; ${SUPPORTED}`,
  );
}

function checkAllowed(format: InputFormat, { source }: ProbeRules): void {
  if ((format !== "heic" && format !== "svg") || source[format]) return;
  throw new Rejection(
    "SourceUnsupported",
    `the source is ${format.toUpperCase()}, which this recipe does not allow: set source: { ${format}: true }`,
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
  container: Container,
  head: Uint8Array,
  bytes: number,
  metadata: Metadata,
  rules: ProbeRules,
): SourceInfo {
  const { tiff, ...rest } = container;
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
    ...((format === "heic" || container.premultiplied) && metadata.icc && { icc: metadata.icc }),
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
      `the parts of the source have ${coded.all} px, too many for an image of ${width} x ${height}`,
    );
  }
  if (pixels <= most) return;
  throw new Rejection(
    "SourceTooLarge",
    `the source is ${pixels > width * height ? `cut from ${pixels}` : `${width} x ${height} = ${pixels}`} px, more than the limit of ${most}`,
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

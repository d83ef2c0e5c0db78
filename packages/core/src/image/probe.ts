import type { Metadata } from "sharp";
import { Rejection } from "../outcome/index.ts";
import {
  type Colours,
  INPUT_NAMES,
  type InputFormat,
  needsDepth,
  type SourceInfo,
} from "../plan/index.ts";
import type { Recipe } from "../recipe/index.ts";
import { isBare } from "./bare.ts";
import { BMP_HEAD_BYTES, bmpHeader } from "./bmp/header.ts";
import { isP3 } from "./colour/code-points.ts";
import { pngColours } from "./colour/png.ts";
import { attempt, meaning } from "./fault.ts";
import { formatOf } from "./format.ts";
import { isDisplayP3 } from "./gamut.ts";
import type { ImageInput } from "./input.ts";
import { isoColours, isPremultiplied, pictureKind } from "./iso/colours.ts";
import { isoFile } from "./iso/picture.ts";
import { hasQuarterChroma } from "./jpeg.ts";
import { type Parts, withParts } from "./parts.ts";
import { withPlainName } from "./plain-name.ts";
import { reading } from "./reading.ts";
import { drawnAt, svgBytes } from "./svg.ts";
import { withRewritten } from "./tagged.ts";
import { TIFF_BYTES } from "./tiff.ts";
import { mayBeLossless } from "./webp.ts";

/** Enough for any format's magic, and nearly always for what stands before a WebP's first frame. */
const HEAD_BYTES = 64 * 1024;

const READ = `${INPUT_NAMES} are`;

/** What of a recipe decides which sources are read. */
export type ProbeRules = Pick<Recipe, "source" | "limits" | "presets">;

/**
 * Reads a source's header and no pixel.
 *
 * @throws Rejection `SourceEmpty`, `SourceUnsupported`, `SourceCorrupt` or `SourceTooLarge`
 */
export async function probe(input: ImageInput, rules: ProbeRules): Promise<SourceInfo> {
  const { head, bytes, format, iso, colours, unread } = await withParts(input, async (parts) => {
    const { bytes } = parts;
    if (bytes === 0) throw new Rejection("SourceEmpty", "the source has 0 bytes");
    const head = await parts.read(0, HEAD_BYTES);
    return { head, bytes, ...(await said(readableFormat(head, rules), parts, rules)) };
  });
  if (unread !== undefined) {
    throw new Rejection("SourceUnsupported", `the source is ${unread}, which is not read; ${READ}`);
  }
  const own = { ...iso, ...(colours && { colours }) };
  const info =
    format === "bmp"
      ? describeBmp(head, bytes)
      : describe(format, head, bytes, await metadataIn(input, format, own), own, rules);
  checkPixels(info, rules);
  return info;
}

/** What a source says of itself that the codec does not tell. */
interface Own extends Pick<SourceInfo, "colours" | "premultiplied" | "rewritten"> {}

/** What is read of a source's own description, where the codec does not tell it. */
async function said(
  format: InputFormat,
  parts: Parts,
  rules: ProbeRules,
): Promise<{ format: InputFormat; iso?: Own; colours?: Colours | undefined; unread?: string }> {
  if (format === "png") return { format, colours: await pngColours(parts) };
  if (format !== "avif" && format !== "heic") return { format };
  const file = await isoFile(parts);
  if (file === undefined) return { format };
  const kind = pictureKind(file);
  if (kind === undefined) return { format };
  if ("unread" in kind) return { format, unread: kind.unread };
  checkAllowed(kind.format, rules);
  const { colours, unread } = await isoColours(file, parts);
  if (unread !== undefined) {
    return { format, unread: `${kind.format === "avif" ? "an AVIF" : "a HEIC"} in ${unread}` };
  }
  const premultiplied = isPremultiplied(file);
  const rewritten =
    file.fromTracks ||
    file.brand === "avis" ||
    (kind.format === "avif" && colours && !premultiplied);
  const iso = {
    ...(premultiplied && { premultiplied: true as const }),
    ...(rewritten && { rewritten: true as const }),
  };
  return { format: kind.format, iso, colours };
}

function metadataIn(input: ImageInput, format: InputFormat, own: Own): Promise<Metadata> {
  const read = (named: ImageInput) => withPlainName(named, metadataOf(format));
  return own.rewritten ? withRewritten(input, undefined, read) : read(input);
}

const metadataOf =
  (format: InputFormat) =>
  async (input: ImageInput): Promise<Metadata> => {
    const readable = format === "svg" ? await svgBytes(input) : input;
    const read = (page?: number) =>
      attempt(
        () => reading(readable, undefined, page === undefined ? {} : { page }).metadata(),
        (text, cause) => headerFault(format, text, cause),
        undefined,
      );
    const first = await read();
    // A HEIC of several pictures says which one it is.
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
      : `the source is no picture that is read; ${READ}`,
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
  if (/channel limit/.test(text)) {
    return new Rejection("SourceUnsupported", "the source has more than 5 channels", { cause });
  }
  if (/samples out of range/.test(text)) {
    return new Rejection(
      "SourceUnsupported",
      "the source is a TIFF of 64 bit samples, which are not read: 1 to 16 bit whole numbers are",
      { cause },
    );
  }
  // The format was told already: what the codec does not know again is not whole.
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
  format: InputFormat,
  head: Uint8Array,
  bytes: number,
  metadata: Metadata,
  said: Own,
  rules: ProbeRules,
): SourceInfo {
  const own = metadata.autoOrient;
  const { colours, premultiplied } = said;
  const { hasAlpha: alpha, channels: bands } = metadata;
  const depth = storedDepth(metadata);
  const unpacked = format === "heic" || premultiplied;
  // Nothing says which number is white.
  if (format === "tiff" && !(metadata.depth in DEPTHS)) {
    throw new Rejection(
      "SourceUnsupported",
      `the source is a TIFF of ${metadata.depth} samples, which are not read: 1 to 16 bit whole numbers are`,
    );
  }
  return {
    format,
    ...(format === "svg" ? { ...drawnAt(own, rules), drawnWidth: own.width } : own),
    ...(unpacked && metadata.icc && { icc: metadata.icc }),
    bytes,
    pages: metadata.pages ?? 1,
    bands,
    depth,
    alpha,
    progressive: metadata.isProgressive,
    subsampled: format === "jpeg" && hasQuarterChroma(head),
    lossless: format === "webp" && mayBeLossless(head),
    ...said,
    ...((colours ?? metadata.icc) !== undefined && { profiled: true as const }),
    ...((colours ? staysP3(colours, depth) : isDisplayP3(metadata.icc)) && { p3: true as const }),
    ...(!colours && isBare(format, metadata) && { bare: true as const }),
    orientation: metadata.orientation ?? 1,
  };
}

/** With a curve of which 8 bits are too few it has to be given P3's own, from more than 8. */
function staysP3(colours: Colours, depth: number): boolean {
  return isP3(colours) && (depth > 8 || !needsDepth(colours));
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

/** libheif's WebAssembly has at most 2 GiB and takes some 10 bytes a px; phones make 48 megapixels. */
const HEIC_PIXELS = 100_000_000;

function checkPixels({ format, width, height, bands }: SourceInfo, { limits }: ProbeRules): void {
  const pixels = width * height;
  const most = Math.min(limits.pixels, mostDecoded(format, bands));
  if (pixels <= most) return;
  throw new Rejection(
    "SourceTooLarge",
    `the source is ${width} x ${height} = ${pixels} px and ${most} are let through`,
  );
}

/** What is decoded whole into memory has a limit of its own. */
function mostDecoded(format: InputFormat, bands: number): number {
  if (format === "heic") return HEIC_PIXELS;
  return format === "bmp" ? Math.floor((TIFF_BYTES * 0.99) / bands) : Infinity;
}

/** Of a PNG with a palette or of 1, 2 or 4 bits the header says so; decoded it is 8 bit. */
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

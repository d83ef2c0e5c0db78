import { open } from "node:fs/promises";
import type { Metadata } from "sharp";
import { Rejection } from "../outcome/index.ts";
import type { InputFormat, SourceInfo } from "../plan/index.ts";
import { isBare } from "./bare.ts";
import { attempt, meaning } from "./fault.ts";
import { formatOf } from "./format.ts";
import { isDisplayP3 } from "./gamut.ts";
import type { ImageInput } from "./input.ts";
import { reading } from "./reading.ts";
import { mayBeLossless } from "./webp.ts";

/** Enough for any format's magic, and nearly always for what stands before a WebP's first frame. */
const HEAD_BYTES = 64 * 1024;

const READ = "JPEG, PNG, WebP, AVIF, GIF and TIFF are";

/**
 * Reads a source's header and no pixel.
 *
 * @param limits the most px (width x height of one page) that are let through
 * @throws Rejection `SourceEmpty`, `SourceUnsupported`, `SourceCorrupt` or `SourceTooLarge`
 */
export async function probe(
  input: ImageInput,
  limits: { readonly pixels: number },
): Promise<SourceInfo> {
  const { head, bytes } = await headOf(input);
  if (bytes === 0) throw new Rejection("SourceEmpty", "the source has 0 bytes");
  const format = readableFormat(head);
  const metadata = await attempt(
    () => reading(input).metadata(),
    (text, cause) => headerFault(format, text, cause),
    undefined,
  );
  return describe(format, head, bytes, metadata, limits);
}

async function headOf(input: ImageInput): Promise<{ head: Uint8Array; bytes: number }> {
  if (input.kind === "bytes") {
    return { head: input.bytes.subarray(0, HEAD_BYTES), bytes: input.bytes.byteLength };
  }
  await using file = await open(input.path);
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return { head: buffer.subarray(0, bytesRead), bytes: size };
}

function readableFormat(head: Uint8Array): InputFormat {
  const seen = formatOf(head);
  if (seen.kind === "readable") return seen.format;
  throw new Rejection(
    "SourceUnsupported",
    seen.kind === "unreadable"
      ? `the source is ${seen.name}, which is not read; ${READ}`
      : `the source is no picture that is read; ${READ}`,
  );
}

function headerFault(format: InputFormat, text: string, cause: unknown): Rejection {
  if (/channel limit/.test(text)) {
    return new Rejection("SourceUnsupported", "the source has more than 5 channels", { cause });
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
  limits: { readonly pixels: number },
): SourceInfo {
  const { width, height } = metadata.autoOrient;
  if (width * height > limits.pixels) {
    throw new Rejection(
      "SourceTooLarge",
      `the source is ${width} x ${height} = ${width * height} px and ${limits.pixels} are let through`,
    );
  }
  return {
    format,
    width,
    height,
    bytes,
    pages: metadata.pages ?? 1,
    bands: metadata.channels,
    depth: storedDepth(metadata),
    alpha: metadata.hasAlpha,
    progressive: metadata.isProgressive,
    subsampled: metadata.chromaSubsampling?.startsWith("4:2:0") ?? false,
    lossless: format === "webp" && mayBeLossless(head),
    ...(isDisplayP3(metadata.icc) && { p3: true as const }),
    ...(isBare(format, head, metadata) && { bare: true as const }),
    orientation: metadata.orientation ?? 1,
  };
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

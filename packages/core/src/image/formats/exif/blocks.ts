import type { InputFormat } from "../../../plan/index.ts";
import type { ByteReader } from "../../decode/byte-reader.ts";
import { APP1, jpegHeader } from "../jpeg/segments.ts";
import { pngChunks } from "../png-chunks.ts";
import { webpChunks } from "../webp/chunks.ts";

/** The position of an EXIF block in a source, starting at its byte order mark. */
export interface ExifBlock {
  readonly at: number;
  /** In bytes. */
  readonly length: number;
  /** The chunk that the checksum covers. The checksum follows it. */
  readonly checked?: { readonly from: number; readonly to: number };
}

const PREFIX = "Exif\0\0";

/** All blocks of EXIF that the codec could read in a source of this format. */
export async function exifBlocks(format: InputFormat, source: ByteReader): Promise<ExifBlock[]> {
  switch (format) {
    case "jpeg":
      return inJpeg(source);
    case "png":
      return inPng(source);
    case "webp":
      return inWebp(source);
    default:
      return [];
  }
}

async function inJpeg(source: ByteReader): Promise<ExifBlock[]> {
  const blocks: ExifBlock[] = [];
  for (const { marker, at, length } of await jpegHeader(source)) {
    if (marker !== APP1) continue;
    const prefix = await source.read(at, PREFIX.length);
    // Some readers ignore the two bytes after the word.
    if (prefix.toString("latin1", 0, 4) === "Exif") {
      blocks.push({ at: at + PREFIX.length, length: length - PREFIX.length });
    }
  }
  return blocks;
}

async function inPng(source: ByteReader): Promise<ExifBlock[]> {
  const blocks: ExifBlock[] = [];
  for (const { type, at, length } of await pngChunks(source)) {
    if (type !== "eXIf") continue;
    const block = await withoutPrefix(source, at + 8, length);
    blocks.push({ ...block, checked: { from: at + 4, to: at + 8 + length } });
  }
  return blocks;
}

/** https://developers.google.com/speed/webp/docs/riff_container#metadata */
async function inWebp(source: ByteReader): Promise<ExifBlock[]> {
  const blocks: ExifBlock[] = [];
  for await (const { type, at, length } of webpChunks(source)) {
    if (type === "EXIF") blocks.push(await withoutPrefix(source, at, length));
  }
  return blocks;
}

/** Many writers add the prefix that only JPEG requires. */
async function withoutPrefix({ read }: ByteReader, at: number, length: number): Promise<ExifBlock> {
  const has = (await read(at, PREFIX.length)).toString("latin1") === PREFIX;
  const skip = has ? PREFIX.length : 0;
  return { at: at + skip, length: length - skip };
}

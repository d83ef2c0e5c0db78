import { crc32 } from "node:zlib";
import type { InputFormat, SourceInfo } from "../../../plan/index.ts";
import { type ByteReader, withByteReader } from "../../decode/byte-reader.ts";
import { type Edit, withEditedCopy } from "../../decode/edited-copy.ts";
import type { ImageInput } from "../../input.ts";
import { type ExifBlock, exifBlocks } from "./blocks.ts";
import { EXIF_BYTES, exifCost, exifOfOrientation } from "./cost.ts";
import { heifExifEdits } from "./heif.ts";

/**
 * Passes a probed source to `use` with EXIF that can be read quickly: the source itself, or a copy
 * whose EXIF, if it exceeds the limits, contains only the orientation.
 */
export async function withLimitedExif<T>(
  input: ImageInput,
  { format, exifLimited }: Pick<SourceInfo, "format" | "exifLimited">,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  if (!exifLimited) return use(input);
  return withEditedCopy(
    input,
    await withByteReader(input, (reader) => exifEdits(format, reader)),
    use,
  );
}

/**
 * The edits that reduce EXIF that exceeds the limits to its orientation; none for any other EXIF.
 * libvips makes libexif read all of the EXIF each time it opens an image, and no option disables
 * that.
 */
export async function exifEdits(format: InputFormat, source: ByteReader): Promise<Edit[]> {
  if (format === "avif" || format === "heic") return heifExifEdits(source);
  const found: Edit[] = [];
  for (const block of await exifBlocks(format, source)) {
    const bytes = await source.read(block.at, Math.min(block.length, EXIF_BYTES));
    const { withinLimits, orientation } = exifCost(bytes, block.length);
    if (withinLimits) continue;
    const edit = { at: block.at, bytes: exifOfOrientation(orientation) };
    found.push(edit, ...(await checksum(source, block, edit)));
  }
  return found;
}

/** libpng ignores EXIF with a wrong checksum, including the orientation. */
async function checksum(source: ByteReader, block: ExifBlock, edit: Edit): Promise<Edit[]> {
  if (block.checked === undefined) return [];
  const { from, to } = block.checked;
  let sum = crc32(await source.read(from, edit.at - from));
  sum = crc32(edit.bytes, sum);
  for (let at = edit.at + edit.bytes.length; at < to; at += EXIF_BYTES) {
    sum = crc32(await source.read(at, Math.min(EXIF_BYTES, to - at)), sum);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return [{ at: to, bytes }];
}

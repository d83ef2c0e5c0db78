import type { ByteReader } from "../../decode/byte-reader.ts";
import type { Edit } from "../../decode/edited-copy.ts";
import { extentOf } from "../iso/colors.ts";
import { type Extent, isoFile } from "../iso/picture.ts";
import { EXIF_BYTES, exifCost } from "./cost.ts";

/** An unknown item type. */
const HIDDEN = Buffer.from("none", "latin1");
/** The maximum number of EXIF items in one file. The codec uses the first. */
const ITEMS = 4;

/**
 * The edits that hide a HEIF's EXIF from libvips if it exceeds the limits or its position is
 * unknown. The rotation of a HEIF is stored elsewhere.
 */
export async function heifExifEdits(reader: ByteReader): Promise<Edit[]> {
  const file = await isoFile(reader);
  const found = [...(file?.items.values() ?? [])].filter(({ type }) => /^exif$/i.test(type));
  const edits: Edit[] = [];
  for (const { typeAt, data } of found) {
    if (typeAt === undefined) continue;
    const excessive = found.length > ITEMS || (await exceedsLimits(data, reader));
    if (excessive) edits.push({ at: typeAt, bytes: HIDDEN });
  }
  return edits;
}

/** Four bytes precede the block: ISO/IEC 23008-12, A.2.1. */
async function exceedsLimits(extents: readonly Extent[], reader: ByteReader): Promise<boolean> {
  const lengths = extents.map((one) => ("bytes" in one ? one.bytes.length : one.length));
  const all = lengths.reduce((sum, length) => sum + length, 0);
  // An extent without a length reaches the end of the file, and an item without extents may be read
  // from anywhere.
  if (extents.length === 0 || lengths.includes(0) || all > EXIF_BYTES) return true;
  const blocks: Buffer[] = [];
  for (const extent of extents) blocks.push(await extentOf(extent, reader));
  const block = Buffer.concat(blocks).subarray(4);
  const prefixed = block.toString("latin1", 0, 4) === "Exif";
  return !exifCost(prefixed ? block.subarray(6) : block).withinLimits;
}

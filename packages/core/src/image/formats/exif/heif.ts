import type { Edit } from "../../decode/edited.ts";
import type { Parts } from "../../decode/parts.ts";
import { extentOf } from "../iso/colors.ts";
import { type Extent, isoFile } from "../iso/picture.ts";
import { EXIF_BYTES, weighExif } from "./weight.ts";

/** A type that nobody knows. */
const HIDDEN = Buffer.from("none", "latin1");
/** Of EXIF in one file: the codec takes the first. */
const ITEMS = 4;

/**
 * The edits that hide a HEIF's EXIF from libvips where reading it would be beyond the bounds, or
 * where its place is unknown. How a HEIF is turned stands elsewhere in it.
 */
export async function heifExifEdits(parts: Parts): Promise<Edit[]> {
  const file = await isoFile(parts);
  const found = [...(file?.items.values() ?? [])].filter(({ type }) => /^exif$/i.test(type));
  const edits: Edit[] = [];
  for (const { typeAt, data } of found) {
    if (typeAt === undefined) continue;
    const heavy = found.length > ITEMS || (await isHeavy(data, parts));
    if (heavy) edits.push({ at: typeAt, bytes: HIDDEN });
  }
  return edits;
}

/** Four bytes stand before the block: ISO/IEC 23008-12, A.2.1. */
async function isHeavy(extents: readonly Extent[], parts: Parts): Promise<boolean> {
  const lengths = extents.map((one) => ("bytes" in one ? one.bytes.length : one.length));
  const all = lengths.reduce((sum, length) => sum + length, 0);
  // One of no length goes on to the end of the file, and what has no place may be read from any.
  if (extents.length === 0 || lengths.includes(0) || all > EXIF_BYTES) return true;
  const blocks: Buffer[] = [];
  for (const extent of extents) blocks.push(await extentOf(extent, parts));
  const block = Buffer.concat(blocks).subarray(4);
  const prefixed = block.toString("latin1", 0, 4) === "Exif";
  return !weighExif(prefixed ? block.subarray(6) : block).bearable;
}

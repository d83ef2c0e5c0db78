import { Rejection } from "../../outcome/index.ts";
import type { Edit } from "../edited.ts";
import { boxesIn, boxHead, boxIn, Reader } from "../iso/boxes.ts";
import { extentOf } from "../iso/colours.ts";
import { type Extent, placesOf } from "../iso/picture.ts";
import type { Parts } from "../parts.ts";
import { EXIF_BYTES, weighExif } from "./weight.ts";

/** Of the box that describes all pictures; that of a grid of 1,000 tiles has 40 KB. */
const META_BYTES = 16 * 1024 * 1024;
/** Of EXIF in one file: the reader takes the first. */
const ITEMS = 4;

/**
 * The edits that hide a HEIF's EXIF from libvips where reading it would be beyond the bounds, or
 * where its place cannot be told. How a HEIF is turned stands elsewhere in it. ISO/IEC 14496-12,
 * 8.11 (meta, iinf, iloc), and ISO/IEC 23008-12, A.2.1: four bytes stand before the block.
 *
 * @throws Rejection `SourceUnsupported` where the description is larger than any picture needs
 */
export async function heifExifEdits(parts: Parts): Promise<Edit[]> {
  const edits: Edit[] = [];
  for (let at = 0; at + 8 <= parts.bytes; ) {
    const { type, head, length } = boxHead(await parts.read(at, 16));
    const whole = length === 0 ? parts.bytes - at : length;
    if (whole < head) break;
    if (type === "meta") {
      if (whole > META_BYTES) throw tooLarge(whole);
      edits.push(...(await inMeta(await parts.read(at + head, whole - head), at + head, parts)));
    }
    at += whole;
  }
  return edits;
}

async function inMeta(body: Buffer, at: number, parts: Parts): Promise<Edit[]> {
  const meta = body.subarray(4);
  const found = exifItems(boxIn(meta, "iinf")?.body ?? Buffer.alloc(0));
  if (found.length === 0) return [];
  const places = placesIn(meta);
  const edits: Edit[] = [];
  for (const { id, type } of found) {
    const place = found.length <= ITEMS ? places.get(id) : undefined;
    if (place === undefined || (await isHeavy(place, parts))) {
      // Of a type that nobody knows.
      const bytes = Buffer.from("none", "latin1");
      edits.push({ at: at + type.byteOffset - body.byteOffset, bytes });
    }
  }
  return edits;
}

/** The items of EXIF, and the four bytes that say so. */
function exifItems(iinf: Buffer): { id: number; type: Buffer }[] {
  return [...boxesIn(iinf.subarray(iinf[0] === 0 ? 6 : 8))].flatMap(({ type: box, body }) => {
    const version = body[0] ?? 0;
    const idBytes = version === 2 ? 2 : 4;
    const typeAt = 4 + idBytes + 2;
    const type = body.subarray(typeAt, typeAt + 4);
    if (box !== "infe" || version < 2 || !/^exif$/i.test(type.toString("latin1"))) return [];
    return [{ id: new Reader(body, 4).uint(idBytes), type }];
  });
}

function placesIn(meta: Buffer): Map<number, Extent[]> {
  try {
    return placesOf(boxIn(meta, "iloc")?.body, boxIn(meta, "idat")?.body);
  } catch (error) {
    // Numbers beyond the box's end.
    if (error instanceof RangeError) return new Map();
    throw error;
  }
}

async function isHeavy(extents: readonly Extent[], parts: Parts): Promise<boolean> {
  const lengths = extents.map((one) => ("bytes" in one ? one.bytes.length : one.length));
  // One of no length goes on to the end of the file.
  if (lengths.includes(0) || lengths.reduce((sum, length) => sum + length, 0) > EXIF_BYTES) {
    return true;
  }
  const blocks: Buffer[] = [];
  for (const extent of extents) blocks.push(await extentOf(extent, parts));
  const block = Buffer.concat(blocks).subarray(4);
  const prefixed = block.toString("latin1", 0, 4) === "Exif";
  return !weighExif(prefixed ? block.subarray(6) : block).bearable;
}

function tooLarge(bytes: number): Rejection {
  return new Rejection(
    "SourceUnsupported",
    `the source's description of its pictures has ${bytes} bytes and ${META_BYTES} are read`,
  );
}

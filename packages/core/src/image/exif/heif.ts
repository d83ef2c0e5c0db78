import { Rejection } from "../../outcome/index.ts";
import type { Edit } from "../edited.ts";
import type { SourceBytes } from "../source-bytes.ts";
import { EXIF_BYTES, weighExif } from "./weight.ts";

interface Box {
  readonly type: string;
  /** Where its content begins and ends. */
  readonly at: number;
  readonly end: number;
}

/** Of the box that describes all pictures; that of a grid of 1,000 tiles has 40 KB. */
const META_BYTES = 16 * 1024 * 1024;
/** Of EXIF in one file; each is looked for in a table of all items. */
const ITEMS = 4;

/**
 * The edits that hide a HEIF's EXIF from libvips where reading it would be beyond the bounds. How
 * a HEIF is turned stands elsewhere in it. ISO/IEC 14496-12, 8.11 (meta, iinf, iloc), and ISO/IEC
 * 23008-12, A.2.1: four bytes stand before the block.
 *
 * @throws Rejection `SourceUnsupported` where the description is larger than any picture needs
 */
export async function heifExifEdits(source: SourceBytes): Promise<Edit[]> {
  const box = await metaBox(source);
  if (box === undefined) return [];
  if (box.end - box.at > META_BYTES) {
    throw new Rejection(
      "SourceUnsupported",
      `the source's description of its pictures has ${box.end - box.at} bytes and ${META_BYTES} are read`,
    );
  }
  const meta = await source.read(box.at, box.end - box.at);
  const parts = boxes(meta, 4, meta.length);
  const part = (type: string) => parts.find((each) => each.type === type);
  const [items, places, data] = [part("iinf"), part("iloc"), part("idat")];
  if (items === undefined) return [];
  const edits: Edit[] = [];
  const found = exifItems(meta, items);
  for (const { id, typeAt } of found) {
    const place = places && placeOf(meta, places, id);
    const start = place?.inside === true ? data && box.at + data.at : 0;
    const known = place !== undefined && start !== undefined && found.length <= ITEMS;
    if (!known || (await isHeavy(source, place, start))) {
      // Of a type that nobody knows.
      edits.push({ at: box.at + typeAt, bytes: Buffer.from("none", "latin1") });
    }
  }
  return edits;
}

async function metaBox({ read, size }: SourceBytes): Promise<Box | undefined> {
  let at = 0;
  while (at + 16 <= size) {
    const box = boxAt(await read(at, 16), 0, size - at);
    if (box === undefined) return undefined;
    if (box.type === "meta") return { type: "meta", at: at + box.at, end: at + box.end };
    at += box.end;
  }
  return undefined;
}

function boxAt(bytes: Buffer, at: number, end: number): Box | undefined {
  if (at + 8 > bytes.length) return undefined;
  const short = bytes.readUInt32BE(at);
  const type = bytes.toString("latin1", at + 4, at + 8);
  if (short === 1 && at + 16 > bytes.length) return undefined;
  const length = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short || end - at;
  const head = short === 1 ? 16 : 8;
  return length < head ? undefined : { type, at: at + head, end: Math.min(end, at + length) };
}

function boxes(bytes: Buffer, from: number, to: number): Box[] {
  const found: Box[] = [];
  for (let at = from; at < to; ) {
    const box = boxAt(bytes, at, to);
    if (box === undefined) break;
    found.push(box);
    at = box.end;
  }
  return found;
}

/** The items of EXIF, and where their types stand. */
function exifItems(meta: Buffer, { at, end }: Box): { id: number; typeAt: number }[] {
  const counted = meta[at] === 0 ? 2 : 4;
  return boxes(meta, at + 4 + counted, end).flatMap(({ type, at: entry, end: last }) => {
    const version = meta[entry] ?? 0;
    if (type !== "infe" || version < 2) return [];
    const idBytes = version === 2 ? 2 : 4;
    const typeAt = entry + 4 + idBytes + 2;
    const isExif = /^exif$/i.test(meta.toString("latin1", typeAt, typeAt + 4));
    return isExif && typeAt + 4 <= last
      ? [{ id: meta.readUIntBE(entry + 4, idBytes), typeAt }]
      : [];
  });
}

interface Place {
  /** In the description itself, rather than in the file. */
  readonly inside: boolean;
  readonly extents: readonly { readonly at: number; readonly length: number }[];
}

/** Where an item's bytes are; nothing where that cannot be told. */
function placeOf(meta: Buffer, { at, end }: Box, wanted: number): Place | undefined {
  let next = at;
  const number = (bytes: number): number => {
    if (next + bytes > end) throw new RangeError("a box ends within a number");
    const value =
      bytes === 8 ? Number(meta.readBigUInt64BE(next)) : bytes && meta.readUIntBE(next, bytes);
    next += bytes;
    return value;
  };
  try {
    const version = number(1);
    next += 3;
    const [sizes, more] = [number(1), number(1)];
    const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 4, sizes & 15, more >> 4];
    const indexBytes = version > 0 ? more & 15 : 0;
    const count = number(version < 2 ? 2 : 4);
    for (let item = 0; item < count; item++) {
      const id = number(version < 2 ? 2 : 4);
      const method = version > 0 ? number(2) & 15 : 0;
      next += 2;
      const base = number(baseBytes);
      const extents = Array.from({ length: number(2) }, () => {
        next += indexBytes;
        return { at: base + number(offsetBytes), length: number(lengthBytes) };
      });
      if (id === wanted) return method > 1 ? undefined : { inside: method === 1, extents };
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

async function isHeavy({ read }: SourceBytes, { extents }: Place, start: number): Promise<boolean> {
  const length = extents.reduce((sum, extent) => sum + extent.length, 0);
  // One of no length goes on to the end of the file.
  if (length > EXIF_BYTES || extents.some((extent) => extent.length === 0)) return true;
  const parts: Buffer[] = [];
  for (const extent of extents) parts.push(await read(start + extent.at, extent.length));
  const block = Buffer.concat(parts).subarray(4);
  const prefixed = block.toString("latin1", 0, 4) === "Exif";
  return !weighExif(prefixed ? block.subarray(6) : block).bearable;
}

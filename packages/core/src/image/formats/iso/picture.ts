import type { ByteReader } from "../../decode/byte-reader.ts";
import { type Box, box, boxesIn, boxHead, boxIn, Reader } from "./boxes.ts";

/** A coded or derived image, or its metadata. */
export interface Item {
  readonly id: number;
  readonly type: string;
  /** The entry as stored in the file; undefined for an item made from a track. */
  readonly info?: Buffer;
  /** The offset of the four bytes of its type in the file. */
  readonly typeAt?: number;
  readonly data: readonly Extent[];
  readonly properties: readonly { readonly box: Box; readonly essential: boolean }[];
}

/** The position of bytes: in the file, or in a box that is already read. */
export type Extent =
  | { readonly from: number; readonly length: number }
  | { readonly bytes: Buffer };

interface Reference {
  readonly type: string;
  readonly from: number;
  readonly to: readonly number[];
}

/** The items of an AVIF or HEIC (ISO/IEC 23008-12), and which of them is the primary image. */
export interface IsoFile {
  readonly brand: string;
  readonly primary: number;
  readonly items: ReadonlyMap<number, Item>;
  readonly references: readonly Reference[];
  /**
   * Whether the items are made from the first frame of the tracks, because the file has no items.
   */
  readonly fromTracks?: true;
}

/** The items that each derived image is composed of, listed once per use. */
export function derivations({ references }: IsoFile): ReadonlyMap<number, readonly number[]> {
  const derived = references.filter(({ type }) => type === "dimg");
  const byPicture = Map.groupBy(derived, ({ from }) => from);
  return new Map([...byPicture].map(([id, parts]) => [id, parts.flatMap(({ to }) => to)]));
}

/** Deeper derivations are circular or intended to slow down decoding. */
export const MOST_DERIVATIONS = 8;

/** The contents of an item's first property of this type. */
export function propertyOf(item: Item | undefined, type: string): Buffer | undefined {
  return item?.properties.find(({ box }) => box.type === type)?.box.body;
}

/** A larger box does not describe images. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_BOXES = 1000;
const MOST_ITEMS = 100_000;

/**
 * Reads the boxes that describe the images of a file. The result is undefined if they are
 * incomplete, missing or present twice, because readers differ in which of the two they use.
 */
export async function isoFile(reader: ByteReader): Promise<IsoFile | undefined> {
  const found = new Map<string, Buffer>();
  let metaAt = 0;
  let at = 0;
  for (let count = 0; at + 8 <= reader.bytes; count++) {
    if (count === MOST_BOXES) return undefined;
    const { type, head, length } = boxHead(await reader.read(at, 16));
    const whole = length === 0 ? reader.bytes - at : length;
    if (whole < head) break;
    if (type === "ftyp" || type === "meta" || type === "moov") {
      if (type === "meta" && found.has(type)) return undefined;
      if (whole > MOST_BYTES || at + whole > reader.bytes) break;
      if (type === "meta") metaAt = at + head;
      if (!found.has(type)) found.set(type, await reader.read(at + head, whole - head));
    }
    at += whole;
  }
  const brand = found.get("ftyp")?.toString("latin1", 0, 4) ?? "";
  const [meta, moov] = [found.get("meta"), found.get("moov")];
  try {
    return (meta && fromMeta(brand, meta, metaAt)) ?? (moov && fromTracks(brand, moov));
  } catch (error) {
    // A read beyond the end of a box.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @param at the offset of `body` in the file */
function fromMeta(brand: string, body: Buffer, at: number): IsoFile | undefined {
  const meta = body.subarray(4);
  const pitm = boxIn(meta, "pitm")?.body;
  const iinf = boxIn(meta, "iinf")?.body;
  const iprp = boxIn(meta, "iprp")?.body;
  if (!pitm || !iinf || !iprp) return undefined;
  const places = placesOf(boxIn(meta, "iloc")?.body, boxIn(meta, "idat")?.body);
  const properties = propertiesOf(iprp);
  const items = new Map<number, Item>();
  for (const info of boxesIn(iinf.subarray(iinf[0] === 0 ? 6 : 8))) {
    if (info.type !== "infe") continue;
    const version = info.body[0] ?? 0;
    if (version < 2) continue;
    const wide = version === 2 ? 2 : 4;
    const reader = new Reader(info.body, 4);
    const id = reader.uint(wide);
    reader.uint(2);
    const typeAt = at + info.body.byteOffset - body.byteOffset + reader.at;
    const type = reader.text(4);
    // Readers differ in which of two items with one id they use.
    if (items.has(id) || items.size === MOST_ITEMS) throw new RangeError("too many items");
    const item = { id, type, typeAt, info: info.whole, data: places.get(id) ?? [] };
    items.set(id, { ...item, properties: properties.get(id) ?? [] });
  }
  const primary = new Reader(pitm, 4).uint(pitm[0] === 0 ? 2 : 4);
  return { brand, primary, items, references: referencesOf(boxIn(meta, "iref")?.body) };
}

function placesOf(iloc: Buffer | undefined, idat: Buffer | undefined): Map<number, Extent[]> {
  const places = new Map<number, Extent[]>();
  if (iloc === undefined) return places;
  const version = iloc[0] ?? 0;
  const reader = new Reader(iloc, 4);
  const sizes = reader.uint(2);
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexBytes = version === 0 ? 0 : sizes & 15;
  const wide = version < 2 ? 2 : 4;
  let left = Math.min(reader.uint(wide), MOST_ITEMS);
  for (let total = 0; left > 0; left--) {
    const id = reader.uint(wide);
    const method = version === 0 ? 0 : reader.uint(2) & 15;
    reader.uint(2);
    const base = reader.uint(baseBytes);
    const extents = Array.from({ length: reader.uint(2) }, (): Extent => {
      reader.uint(indexBytes);
      const from = base + reader.uint(offsetBytes);
      const length = reader.uint(lengthBytes);
      return method === 1
        ? { bytes: (idat ?? Buffer.alloc(0)).subarray(from, from + length) }
        : { from, length };
    });
    total += extents.length;
    if (total > MOST_ITEMS || places.has(id)) throw new RangeError("too many parts");
    // Parts of other items are not followed.
    if (method < 2) places.set(id, extents);
  }
  return places;
}

function propertiesOf(iprp: Buffer): Map<number, Item["properties"][number][]> {
  const all = [...boxesIn(boxIn(iprp, "ipco")?.body ?? Buffer.alloc(0))];
  const of = new Map<number, Item["properties"][number][]>();
  let total = 0;
  for (const { type, body } of boxesIn(iprp)) {
    if (type !== "ipma") continue;
    const wide = body[0] === 0 ? 2 : 4;
    const long = ((body[3] ?? 0) & 1) === 1;
    const reader = new Reader(body, 4);
    for (let left = reader.uint(4); left > 0; left--) {
      const id = reader.uint(wide);
      const own = of.get(id) ?? [];
      of.set(id, own);
      for (let count = reader.uint(1); count > 0; count--) {
        const value = reader.uint(long ? 2 : 1);
        const mark = long ? 0x8000 : 0x80;
        const found = all[(value & (mark - 1)) - 1];
        if (found !== undefined) own.push({ box: found, essential: value >= mark });
        if (++total > MOST_ITEMS * 8) throw new RangeError("too many properties");
      }
    }
  }
  return of;
}

function referencesOf(iref: Buffer | undefined): Reference[] {
  if (iref === undefined) return [];
  const wide = iref[0] === 0 ? 2 : 4;
  return [...boxesIn(iref.subarray(4))].map(({ type, body }) => {
    const reader = new Reader(body);
    const from = reader.uint(wide);
    const to = Array.from({ length: reader.uint(2) }, () => reader.uint(wide));
    return { type, from, to };
  });
}

/** The first frame of a file that has only tracks: its image, and the track of its alpha. */
function fromTracks(brand: string, moov: Buffer): IsoFile | undefined {
  const items = new Map<number, Item>();
  const references: Reference[] = [];
  let primary: number | undefined;
  for (const { type, body } of boxesIn(moov)) {
    if (type !== "trak") continue;
    const handler = boxIn(body, "mdia", "hdlr")?.body.toString("latin1", 8, 12);
    const item = itemOfTrack(body);
    if (!item || items.has(item.id)) continue;
    if (handler === "pict" || handler === "vide") {
      if (primary !== undefined) continue;
      primary = item.id;
      items.set(item.id, item);
    } else if (handler === "auxv") {
      items.set(item.id, item);
      for (const { type: kind, body: to } of boxesIn(
        boxIn(body, "tref")?.body ?? Buffer.alloc(0),
      )) {
        references.push({ type: kind, from: item.id, to: [new Reader(to).uint(4) & 0xffff] });
      }
    }
  }
  if (primary === undefined) return undefined;
  return { brand, primary, items, references, fromTracks: true };
}

/** The bytes before the boxes of a sample entry: 8 of any entry and 70 of a visual one. */
const ENTRY = 78;

function itemOfTrack(trak: Buffer): Item | undefined {
  const tkhd = boxIn(trak, "tkhd")?.body;
  const stbl = boxIn(trak, "mdia", "minf", "stbl")?.body;
  const stsd = stbl && boxIn(stbl, "stsd")?.body;
  const entry = stsd && [...boxesIn(stsd.subarray(8))][0];
  const sizes = stbl && boxIn(stbl, "stsz")?.body;
  const [short, long] = [stbl && boxIn(stbl, "stco")?.body, stbl && boxIn(stbl, "co64")?.body];
  if (!tkhd || !entry || !sizes || !(short ?? long)) return undefined;
  const id = new Reader(tkhd, tkhd[0] === 1 ? 20 : 12).uint(4) & 0xffff;
  const length = sizes.readUInt32BE(4) || sizes.readUInt32BE(12);
  const from = short ? short.readUInt32BE(8) : new Reader(long ?? sizes, 8).uint(8);
  const ispe = Buffer.alloc(12);
  ispe.writeUInt32BE(entry.body.readUInt16BE(24), 4);
  ispe.writeUInt32BE(entry.body.readUInt16BE(26), 8);
  const wanted = new Set(["av1C", "hvcC", "colr", "pixi", "clli", "mdcv", "irot", "imir", "clap"]);
  const own = [...boxesIn(entry.body.subarray(ENTRY))];
  const properties = [
    { box: { type: "ispe", body: ispe, whole: box("ispe", ispe) }, essential: false },
    ...own
      .filter(({ type }) => wanted.has(type))
      .map((one) => ({ box: one, essential: /^(?:av1C|hvcC|irot|imir|clap)$/.test(one.type) })),
    // The purpose of an alpha track: the same box under another name.
    ...own
      .filter(({ type }) => type === "auxi")
      .map(({ body }) => ({
        box: { type: "auxC", body, whole: box("auxC", body) },
        essential: false,
      })),
  ];
  const type = entry.type === "hev1" ? "hvc1" : entry.type;
  return { id, type, data: [{ from, length }], properties };
}

import { Rejection } from "../../../outcome/index.ts";
import type { ByteReader } from "../../decode/byte-reader.ts";
import { box, uint } from "./boxes.ts";
import { extentOf, pictureKind } from "./colors.ts";
import type { Extent, IsoFile, Item } from "./picture.ts";

/**
 * Rewrites an AVIF or HEIC for the codec: the first image and its metadata as items, with a profile
 * if code points specify its colors, which the codec ignores.
 *
 * @param icc added as the image's own profile
 */
export async function rewritten(
  file: IsoFile,
  reader: ByteReader,
  icc: Uint8Array | undefined,
): Promise<Buffer> {
  const profile = icc && box("colr", Buffer.from("prof", "latin1"), Buffer.from(icc));
  const pool = new Pool();
  const items = [...file.items.values()];
  const associations = items.map(
    ({ id, properties }) =>
      [
        id,
        [
          ...properties.map((property) => pool.numberOf(property.box.whole, property.essential)),
          ...(id === file.primary && profile ? [pool.numberOf(profile, false)] : []),
        ],
      ] as const,
  );
  const kind = pictureKind(file);
  const brand = kind && "format" in kind ? kind.format : "heic";
  const ftyp = box("ftyp", Buffer.from(`${brand}\0\0\0\0${brand}mif1miaf`, "latin1"));
  const { data, placed } = await gathered(items, reader);
  const meta = (start: number) =>
    metaOf(file, items, pool.boxes, associations, (extent) => {
      const { at, length } = placed(extent);
      return { at: start + at, length };
    });
  const start = ftyp.length + meta(0).length + 8;
  return Buffer.concat([ftyp, meta(start), box("mdat", data)]);
}

interface Place {
  readonly at: number;
  readonly length: number;
}

/** Properties, each stored once. */
class Pool {
  readonly boxes: Buffer[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(whole: Buffer, essential: boolean): number {
    const key = whole.toString("latin1");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.boxes.push(whole);
      this.#numbers.set(key, number);
    }
    return essential ? number | 0x8000 : number;
  }
}

/**
 * The bytes of all items, and the position of each item. Bytes that several items share are stored
 * once.
 *
 * @throws Rejection `SourceCorrupt` if other overlaps would give more bytes than the file has
 */
async function gathered(items: readonly Item[], reader: ByteReader) {
  const places = new Map<string, Place>();
  const data: Buffer[] = [];
  let end = 0;
  const nameOf = (extent: Extent) =>
    "bytes" in extent
      ? `b${extent.bytes.byteOffset}+${extent.bytes.length}`
      : `${extent.from}+${extent.length}`;
  for (const extent of items.flatMap((item) => item.data)) {
    const name = nameOf(extent);
    if (places.has(name)) continue;
    const bytes = await extentOf(extent, reader);
    places.set(name, { at: end, length: bytes.length });
    data.push(bytes);
    end += bytes.length;
    if (end > reader.bytes) {
      throw new Rejection(
        "SourceCorrupt",
        "the pixels cannot be read: the items of the source overlap",
      );
    }
  }
  return {
    data: Buffer.concat(data),
    placed: (extent: Extent) => places.get(nameOf(extent)) ?? { at: 0, length: 0 },
  };
}

function metaOf(
  { primary, references }: IsoFile,
  items: readonly Item[],
  properties: readonly Buffer[],
  associations: readonly (readonly [id: number, numbers: readonly number[]])[],
  placeOf: (extent: Extent) => Place,
): Buffer {
  const version = (number: number, flags = 0) => Buffer.of(number, 0, 0, flags);
  const handler = Buffer.from("\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0", "latin1");
  const entries = items.map(
    ({ id, type, info }) =>
      info ?? box("infe", version(2), uint(2, id), uint(2, 0), Buffer.from(`${type}\0`, "latin1")),
  );
  const places = items.map(({ id, data }) =>
    Buffer.concat([
      uint(4, id),
      Buffer.alloc(4),
      uint(2, data.length),
      ...data.flatMap((extent) => {
        const { at, length } = placeOf(extent);
        return [uint(4, at), uint(4, length)];
      }),
    ]),
  );
  const own = associations.map(([id, numbers]) =>
    Buffer.concat([
      uint(4, id),
      uint(1, numbers.length),
      ...numbers.map((number) => uint(2, number)),
    ]),
  );
  const linked = references.map(({ type, from, to }) =>
    box(type, uint(4, from), uint(2, to.length), ...to.map((id) => uint(4, id))),
  );
  return box(
    "meta",
    version(0),
    box("hdlr", version(0), handler),
    box("pitm", version(1), uint(4, primary)),
    // 4 bytes for an offset and for a length, none for a base and an index.
    box("iloc", version(2), [0x44, 0x00], uint(4, items.length), ...places),
    box("iinf", version(1), uint(4, items.length), ...entries),
    ...(linked.length > 0 ? [box("iref", version(1), ...linked)] : []),
    box(
      "iprp",
      box("ipco", ...properties),
      box("ipma", version(1, 1), uint(4, own.length), ...own),
    ),
  );
}

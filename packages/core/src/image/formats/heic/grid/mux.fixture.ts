import { readFileSync } from "node:fs";
import { box, uint } from "../../iso/boxes.ts";

/** A HEVC image: its decoder configuration and its data. */
interface Coded {
  readonly hvcC: Buffer;
  readonly data: Buffer;
  /** In px. */
  readonly width: number;
  /** In px. */
  readonly height: number;
}

export interface Grid {
  readonly tiles: readonly Coded[];
  readonly columns: number;
  readonly rows: number;
  /** The size of the image that the tiles make, in px. The rest is cut off. */
  readonly width: number;
  readonly height: number;
  /**
   * Quarter turns to the left, then a mirror: "sides" swaps left and right, "ends" swaps top and
   * bottom.
   */
  readonly turn?: 0 | 1 | 2 | 3;
  readonly mirror?: "sides" | "ends";
  readonly icc?: Uint8Array;
  /** EXIF that begins with "Exif". */
  readonly exif?: Uint8Array;
  readonly thumbnail?: Coded;
}

/**
 * A tile of 512 x 512 px, made with Debian's heif-enc 1.15 (x265): `heif-enc -q 20 tile.png`, six
 * of them parts of one image (see `gradient`); deep: `-b 10` of 16 bits.
 */
export function tile(name: 0 | 1 | 2 | 3 | 4 | 5 | "deep"): Coded {
  const part = name === "deep" ? "deep" : `tile-${name}`;
  const file = readFileSync(new URL(`${part}.fixture.heic`, import.meta.url));
  const configuration = file.indexOf("hvcC") - 4;
  return {
    hvcC: file.subarray(configuration, configuration + file.readUInt32BE(configuration)),
    // The file has only one item, whose data is the last box.
    data: file.subarray(file.lastIndexOf("mdat") + 4),
    width: TILE,
    height: TILE,
  };
}

/** In px per side. */
export const TILE = 512;

/** The content of the six tiles, three per row: the color at a px. HEVC changes it by at most 4. */
export function gradient(x: number, y: number): readonly [number, number, number] {
  return [20 + Math.round((210 * x) / 1535), 20 + Math.round((210 * y) / 1023), 120];
}

/**
 * A HEIC as phones write it: hidden tiles, an image derived from them, EXIF and a thumbnail. The
 * boxes have the names of ISO/IEC 23008-12 (HEIF) and 14496-12.
 */
export function heicOf(grid: Grid): Buffer {
  const { tiles, thumbnail, exif } = grid;
  const items: Item[] = tiles.map((coded) => picture(coded, true));
  const primary = items.length + 1;
  const derived: Item = {
    type: "grid",
    hidden: false,
    data: gridOf(grid),
    properties: [
      extent(grid),
      ...(grid.icc ? [box("colr", Buffer.from("prof", "latin1"), Buffer.from(grid.icc))] : []),
      ...(grid.turn === undefined ? [] : [box("irot", Buffer.of(grid.turn))]),
      ...(grid.mirror ? [box("imir", Buffer.of(grid.mirror === "sides" ? 1 : 0))] : []),
    ],
    references: [["dimg", items.map((_, at) => at + 1)]],
  };
  items.push(derived);
  if (thumbnail) items.push({ ...picture(thumbnail, false), references: [["thmb", [primary]]] });
  if (exif) {
    const data = Buffer.concat([uint(4, 6), Buffer.from(exif)]);
    items.push({
      type: "Exif",
      hidden: true,
      data,
      properties: [],
      references: [["cdsc", [primary]]],
    });
  }
  const brands = Buffer.from("heic\0\0\0\0mif1heic", "latin1");
  const ftyp = box("ftyp", brands);
  // The length of the offsets does not depend on their values.
  const meta = metaOf(items, primary, 0);
  const start = ftyp.length + meta.length + 8;
  const data = items.map((item) => item.data);
  return Buffer.concat([ftyp, metaOf(items, primary, start), box("mdat", ...data)]);
}

interface Item {
  readonly type: "hvc1" | "grid" | "Exif";
  readonly hidden: boolean;
  readonly data: Buffer;
  readonly properties: readonly Buffer[];
  readonly references: readonly (readonly [string, readonly number[]])[];
}

function picture(coded: Coded, hidden: boolean): Item {
  const { hvcC, data } = coded;
  return { type: "hvc1", hidden, data, properties: [hvcC, extent(coded)], references: [] };
}

function gridOf({ columns, rows, width, height }: Grid): Buffer {
  // Version 0, sizes in 32 bits.
  return Buffer.concat([Buffer.of(0, 1, rows - 1, columns - 1), uint(4, width), uint(4, height)]);
}

function metaOf(items: readonly Item[], primary: number, start: number): Buffer {
  const ids = items.map((_, at) => at + 1);
  return full("meta", 0, 0, [
    full("hdlr", 0, 0, [uint(4, 0), Buffer.from("pict"), Buffer.alloc(13)]),
    full("pitm", 0, 0, [uint(2, primary)]),
    placesOf(items, start),
    full("iinf", 0, 0, [
      uint(2, items.length),
      ...items.map(({ type, hidden }, at) =>
        full("infe", 2, hidden ? 1 : 0, [uint(2, at + 1), uint(2, 0), Buffer.from(`${type}\0`)]),
      ),
    ]),
    full("iref", 0, 0, [
      ...items.flatMap(({ references }, at) =>
        references.map(([type, to]) =>
          box(type, uint(2, ids[at] ?? 0), uint(2, to.length), ...to.map((id) => uint(2, id))),
        ),
      ),
    ]),
    propertiesOf(items),
  ]);
}

function placesOf(items: readonly Item[], start: number): Buffer {
  let at = start;
  const entries = items.map(({ data }, index) => {
    const entry = Buffer.concat([
      uint(2, index + 1),
      uint(2, 0),
      uint(2, 1),
      uint(4, at),
      uint(4, data.length),
    ]);
    at += data.length;
    return entry;
  });
  // Offsets and lengths in 4 bytes, no base.
  return full("iloc", 0, 0, [Buffer.of(0x44, 0), uint(2, items.length), ...entries]);
}

function propertiesOf(items: readonly Item[]): Buffer {
  const known: Buffer[] = [];
  const indexOf = (property: Buffer) => {
    const at = known.findIndex((other) => other.equals(property));
    return at < 0 ? known.push(property) : at + 1;
  };
  const withAny = items
    .map(({ properties }, at) => ({ id: at + 1, indices: properties.map(indexOf) }))
    .filter(({ indices }) => indices.length > 0);
  const associations = withAny.map(({ id, indices }) =>
    Buffer.concat([
      uint(2, id),
      // All are essential.
      Buffer.of(indices.length, ...indices.map((index) => 0x80 | index)),
    ]),
  );
  return box(
    "iprp",
    box("ipco", ...known),
    full("ipma", 0, 0, [uint(4, withAny.length), ...associations]),
  );
}

function extent({ width, height }: { readonly width: number; readonly height: number }): Buffer {
  return full("ispe", 0, 0, [uint(4, width), uint(4, height)]);
}

function full(type: string, version: number, flags: number, parts: readonly Buffer[]): Buffer {
  return box(type, uint(4, version * 2 ** 24 + flags), ...parts);
}

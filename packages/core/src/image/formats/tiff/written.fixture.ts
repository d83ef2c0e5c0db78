import { deflateSync } from "node:zlib";
import { type JpegParts, jpegOf, wholeJpeg } from "./jpeg.fixture.ts";

/** The TIFF numbers of the color spaces. */
const PHOTOMETRIC = {
  white: 0,
  black: 1,
  rgb: 2,
  palette: 3,
  mask: 4,
  cmyk: 5,
  ycbcr: 6,
  cielab: 8,
  icclab: 9,
} as const;
export type Photometric = keyof typeof PHOTOMETRIC;

const COMPRESSION = {
  none: 1,
  lzw: 5,
  /** 8-bit, and each block of 8 x 8 px has one value. */
  jpeg: 7,
  adobe: 8,
  deflate: 32946,
  packbits: 32773,
} as const;
export type Compression = keyof typeof COMPRESSION;

/** The layout of a TIFF. */
export interface Layout {
  readonly width?: number;
  readonly height?: number;
  readonly photometric: Photometric;
  /** Bits per sample, 1 to 16. */
  readonly bits?: number;
  /** The ExtraSamples values of the samples beyond the color; `untagged`: without that tag. */
  readonly extras?: readonly (0 | 1 | 2)[];
  readonly untagged?: true;
  readonly compression?: Compression;
  /** The stored strips or tiles, in order. Default: the samples, compressed. */
  readonly stored?: readonly Buffer[];
  readonly predictor?: true;
  /** JPEG: the tables are in each strip or tile. Default: in the tag JPEGTables. */
  readonly whole?: true;
  /** YCbCr: the number of px for one sample of chroma, across and down. */
  readonly subsampling?: readonly [number, number];
  readonly planar?: true;
  /** Width and height of a tile, in px. Default: strips. */
  readonly tile?: readonly [number, number];
  readonly rowsPerStrip?: number;
  readonly bigEndian?: true;
  readonly big?: true;
  readonly subfile?: number;
  readonly palette?: readonly (readonly number[])[];
  /** More tags, which replace written tags of the same number. */
  readonly tags?: readonly Tag[];
}

export const TYPES = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5, undefined: 7 } as const;
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
type Tag = readonly [
  tag: number,
  type: (typeof TYPES)[keyof typeof TYPES] | 16,
  values: readonly number[],
];

const COLORS: Readonly<Record<Photometric, number>> = {
  white: 1,
  black: 1,
  rgb: 3,
  palette: 1,
  mask: 1,
  cmyk: 4,
  ycbcr: 3,
  cielab: 3,
  icclab: 3,
};

/** The integer samples at a px, from 0 to all bits set. */
export type Samples = (x: number, y: number) => readonly number[];

/** One directory with its pixels, and those that its SubIFDs tag points to. */
export interface Page {
  readonly layout: Layout;
  readonly samples: Samples;
  readonly under?: readonly Page[];
}

/** Writes a TIFF of any layout in memory, as the specification describes it. */
export function writtenTiff(...pages: readonly Page[]): Buffer {
  const { bigEndian = false, big = false } = pages[0]?.layout ?? {};
  const file = new Growing(bigEndian, big);
  file.head();
  let link = big ? 8 : 4;
  for (const page of pages) {
    const { at, next } = writePage(file, page);
    file.setOffset(link, at);
    link = next;
  }
  return file.bytes();
}

/** A TIFF of one page. */
export function tiffOf(layout: Layout, samples: Samples): Buffer {
  return writtenTiff({ layout, samples });
}

function writePage(
  file: Growing,
  { layout, samples, under = [] }: Page,
): { at: number; next: number } {
  const { width = 96, height = 64, photometric, bits = 8, extras = [], planar, tile } = layout;
  const below = under.map((page) => writePage(file, page).at);
  const bands = COLORS[photometric] + extras.length;
  const encoded =
    layout.compression === "jpeg" && !layout.stored ? jpegs(layout, samples) : undefined;
  const places = (
    layout.stored ??
    encoded?.map((each) => (layout.whole ? wholeJpeg(each) : each.frame)) ??
    chunks(layout, samples, file.bigEndian)
  ).map((chunk) => ({
    at: file.append(chunk),
    length: chunk.length,
  }));
  const { rowsPerStrip = height } = layout;
  const offsets = places.map(({ at }) => at);
  const lengths = places.map(({ length }) => length);
  const { short, long } = TYPES;
  const tags = new Map<number, Tag>(
    (
      [
        ...(layout.subfile === undefined ? [] : [[254, long, [layout.subfile]]]),
        [256, long, [width]],
        [257, long, [height]],
        [258, short, Array.from({ length: bands }, () => bits)],
        [259, short, [COMPRESSION[layout.compression ?? "none"]]],
        [262, short, [PHOTOMETRIC[photometric]]],
        [277, short, [bands]],
        [284, short, [planar ? 2 : 1]],
        ...(layout.predictor ? [[317, short, [2]]] : []),
        ...(layout.palette === undefined ? [] : [[320, short, colorMap(layout.palette, bits)]]),
        ...(tile === undefined
          ? [
              [273, long, offsets],
              [278, long, [rowsPerStrip]],
              [279, long, lengths],
            ]
          : [
              [322, long, [tile[0]]],
              [323, long, [tile[1]]],
              [324, long, offsets],
              [325, long, lengths],
            ]),
        ...(below.length > 0 ? [[330, long, below]] : []),
        ...(extras.length > 0 && !layout.untagged ? [[338, short, extras]] : []),
        ...(photometric === "ycbcr" ? [[530, short, layout.subsampling ?? [1, 1]]] : []),
        ...(encoded?.[0] && !layout.whole ? [[347, TYPES.undefined, [...encoded[0].tables]]] : []),
        ...(layout.tags ?? []),
      ] as Tag[]
    ).map((tag) => [tag[0], tag]),
  );
  return file.directory([...tags.values()].sort(([a], [b]) => a - b));
}

function colorMap(palette: readonly (readonly number[])[], bits: number): number[] {
  return [0, 1, 2].flatMap((band) =>
    Array.from({ length: 2 ** bits }, (_, at) => (palette[at]?.[band] ?? 0) * 257),
  );
}

interface Chunk {
  readonly across: number;
  readonly rows: number;
  /** The samples of its bands, at a px relative to its corner. */
  readonly at: (x: number, y: number) => number[];
}

/** Strips or tiles, plane after plane if planes are stored separately. */
function chunksOf(layout: Layout, samples: Samples): Chunk[] {
  const { width = 96, height = 64, photometric, extras = [], planar, tile } = layout;
  const bands = COLORS[photometric] + extras.length;
  const [across, down] = tile ?? [width, layout.rowsPerStrip ?? height];
  const planes = planar ? Array.from({ length: bands }, (_, band) => [band]) : [undefined];
  return planes.flatMap((only) =>
    range(0, height, down).flatMap((top) =>
      range(0, width, across).map((left) => ({
        across,
        rows: tile === undefined ? Math.min(down, height - top) : down,
        at: (x, y) => {
          const all = samples(Math.min(left + x, width - 1), Math.min(top + y, height - 1));
          return only === undefined ? [...all] : only.map((band) => all[band] ?? 0);
        },
      })),
    ),
  );
}

function chunks(layout: Layout, samples: Samples, bigEndian: boolean): Buffer[] {
  const { bits = 8, compression = "none" } = layout;
  return chunksOf(layout, samples).map(({ across, rows, at }) => {
    const lines = range(0, rows, 1).map((y) => {
      const row = range(0, across, 1).map((x) => at(x, y));
      return packed(differences(row, layout).flat(), bits, bigEndian);
    });
    return compressed(Buffer.concat(lines), compression);
  });
}

/** The strips or tiles as JPEG (TIFF Technical Note 2). */
function jpegs(layout: Layout, samples: Samples): JpegParts[] {
  return chunksOf(layout, samples).map(({ across, rows, at }) => {
    const bands = at(0, 0).length;
    const [wide, high] = (bands > 1 && layout.subsampling) || [1, 1];
    const components = Array.from({ length: bands }, (_, band) => {
      const [right, below] = band === 0 ? [1, 1] : [wide, high];
      return {
        across: wide / right,
        down: high / below,
        at: (x: number, y: number) => at(x * right, y * below)[band] ?? 0,
      };
    });
    return jpegOf(across, rows, components);
  });
}

/** Each sample minus the sample of the same band to its left. */
function differences(row: number[][], { predictor, bits = 8 }: Layout): number[][] {
  if (!predictor) return row;
  return row.map((px, x) =>
    px.map((value, band) => (value - (row[x - 1]?.[band] ?? 0)) & (2 ** bits - 1)),
  );
}

/** A row, from the highest bit, padded to whole bytes; 16 bits in the file's byte order. */
function packed(values: readonly number[], bits: number, bigEndian: boolean): Buffer {
  const row = Buffer.alloc(Math.ceil((values.length * bits) / 8));
  for (const [at, value] of values.entries()) {
    if (bits === 8) row[at] = value;
    else if (bits === 16 && bigEndian) row.writeUInt16BE(value, at * 2);
    else if (bits === 16) row.writeUInt16LE(value, at * 2);
    else {
      for (let bit = 0; bit < bits; bit++) {
        const to = at * bits + bit;
        if ((value >> (bits - 1 - bit)) & 1) row[to >> 3] = (row[to >> 3] ?? 0) | (128 >> (to & 7));
      }
    }
  }
  return row;
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, at) => from + at * step);
}

function compressed(bytes: Buffer, compression: Compression): Buffer {
  switch (compression) {
    case "none":
      return bytes;
    case "jpeg":
      throw new RangeError("JPEG is not encoded by rows: see jpegs()");
    case "lzw":
      return lzw(bytes);
    case "packbits":
      return packBits(bytes);
    case "adobe":
    case "deflate":
      return deflateSync(bytes);
  }
}

/** TIFF 6.0, section 9. */
function packBits(bytes: Buffer): Buffer {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    let run = 1;
    while (run < 128 && bytes[at + run] === bytes[at] && at + run < bytes.length) run++;
    if (run > 1) out.push(257 - run, bytes[at] ?? 0);
    else out.push(0, bytes[at] ?? 0);
    at += run;
  }
  return Buffer.from(out);
}

/** TIFF 6.0, section 13: codes of 9 to 12 bits, wider one code early. */
function lzw(bytes: Buffer): Buffer {
  const out: number[] = [];
  let held = 0;
  let bits = 0;
  let width = 9;
  let table = new Map<string, number>();
  const put = (code: number) => {
    held = (held << width) | code;
    bits += width;
    while (bits >= 8) {
      bits -= 8;
      out.push((held >> bits) & 255);
    }
    held &= (1 << bits) - 1;
  };
  const clear = () => {
    put(256);
    width = 9;
    table = new Map(range(0, 256, 1).map((byte) => [String.fromCharCode(byte), byte]));
  };
  clear();
  let word = "";
  for (const byte of bytes) {
    const longer = word + String.fromCharCode(byte);
    if (table.has(longer)) {
      word = longer;
      continue;
    }
    put(table.get(word) ?? 0);
    // 256 and 257 are control codes.
    table.set(longer, table.size + 2);
    if (table.size + 2 === 4094) clear();
    else if (table.size + 2 >= 2 ** width) width++;
    word = String.fromCharCode(byte);
  }
  if (word !== "") put(table.get(word) ?? 0);
  put(257);
  if (bits > 0) out.push((held << (8 - bits)) & 255);
  return Buffer.from(out);
}

/** A file that grows at its end. */
class Growing {
  readonly bigEndian: boolean;
  readonly #big: boolean;
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(bigEndian: boolean, big: boolean) {
    this.bigEndian = bigEndian;
    this.#big = big;
  }

  head(): void {
    const head = this.#blank(this.#big ? 16 : 8);
    head.write(this.bigEndian ? "MM" : "II", "latin1");
    this.#put(head, 2, this.#big ? 43 : 42, 2);
    if (this.#big) this.#put(head, 4, 8, 2);
    this.append(head);
  }

  append(bytes: Buffer): number {
    const at = this.#length;
    const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    this.#parts.push(even);
    this.#length += even.length;
    return at;
  }

  /** The offset of a directory, and the position of the offset of the next. */
  directory(tags: readonly Tag[]): { at: number; next: number } {
    const room = this.#big ? 8 : 4;
    const entries = tags.map(([tag, type, values]) => {
      const bytes = this.#values(type, values);
      const entry = this.#blank(this.#big ? 20 : 12);
      this.#put(entry, 0, tag, 2);
      this.#put(entry, 2, type, 2);
      const count = type === TYPES.rational ? values.length / 2 : values.length;
      this.#put(entry, 4, count, room);
      if (bytes.length <= room) entry.set(bytes, 4 + room);
      else this.#put(entry, 4 + room, this.append(bytes), room);
      return entry;
    });
    const count = this.#blank(this.#big ? 8 : 2);
    this.#put(count, 0, tags.length, count.length);
    const at = this.append(Buffer.concat([count, ...entries, this.#blank(room)]));
    return { at, next: at + count.length + tags.length * (this.#big ? 20 : 12) };
  }

  setOffset(at: number, value: number): void {
    const whole = this.bytes();
    this.#put(whole, at, value, this.#big ? 8 : 4);
    this.#parts.splice(0, this.#parts.length, whole);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #values(type: number, values: readonly number[]): Buffer {
    // A rational consists of two numbers.
    const size = type === TYPES.rational ? 4 : (SIZES[type] ?? 1);
    const bytes = this.#blank(values.length * size);
    for (const [at, value] of values.entries()) this.#put(bytes, at * size, value, size);
    return bytes;
  }

  #put(bytes: Buffer, at: number, value: number, size: number): void {
    if (size === 8) {
      if (this.bigEndian) bytes.writeBigUInt64BE(BigInt(value), at);
      else bytes.writeBigUInt64LE(BigInt(value), at);
    } else if (this.bigEndian) bytes.writeUIntBE(value, at, size);
    else bytes.writeUIntLE(value, at, size);
  }

  #blank(length: number): Buffer {
    return Buffer.alloc(length);
  }
}

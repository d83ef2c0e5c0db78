import type { ByteReader } from "../../decode/byte-reader.ts";
import { unsupported } from "../unsupported.ts";

/** Bytes of a value by TIFF type number; 0 for an unknown type. */
const SIZES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const RATIONAL = 5;

/**
 * The maximum that the codec reads. A page has about twenty entries, or fifty with private tags.
 */
const MOST_ENTRIES = 4096;

/** The maximum number of values read per tag. The tags that describe an image have no more. */
const MOST_VALUES = 64;

/**
 * The work of reading directories in the codec, in bytes: the bytes that tags refer to, each time
 * they are read, and the comparison of each unknown tag with all others. Valid files refer to each
 * byte at most once, except for a profile that pages share. Otherwise 65 KB can refer to themselves
 * a thousand times, and 48 KB with 4,000 tags took 0.6 s per read.
 */
const MOST_WORK = 8;
const FREE = 2 ** 20;
/** The minimum work of a directory. */
const LEAST_WORK = 512;
const COMPARISON = 4;

interface Place {
  readonly at: number;
  readonly bytes: number;
}

/** One directory: the tags of one image. */
export interface Directory {
  /** The offset of the next page's directory; 0 or NaN after the last page. */
  readonly next: number;
  /** The first 64 numbers of each tag. A tag whose values lie beyond the file's end has none. */
  readonly numbers: ReadonlyMap<number, readonly number[]>;
  /** The position of each tag's values. */
  readonly places: ReadonlyMap<number, Place>;
}

/**
 * The structure of a TIFF, read without a codec.
 *
 * TIFF 6.0: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
 *
 * BigTIFF: https://www.awaresystems.be/imaging/tiff/bigtiff.html
 */
export class TiffFile {
  readonly reader: ByteReader;
  /** The offset of the first directory; 0 without one. */
  readonly first: number;
  readonly #bigEndian: boolean;
  readonly #big: boolean;
  #left: number;

  /** @param head the file's first 16 bytes, or all of a shorter file */
  constructor(reader: ByteReader, head: Buffer) {
    this.reader = reader;
    const magic = head.toString("latin1", 0, 4);
    this.#bigEndian = magic.startsWith("MM");
    this.#big = magic.includes("+");
    this.#left = MOST_WORK * reader.bytes + FREE;
    this.first = this.#big ? this.#whole(head, 8, 8) : this.#whole(head, 4, 4);
  }

  /**
   * The directory at an offset; undefined if the file has none there.
   *
   * @throws Rejection `SourceUnsupported` when reading all requested directories would take far
   *   more than a file of this size needs
   */
  async directory(at: number): Promise<Directory | undefined> {
    const [room, length, size] = this.#big ? [8, 20, 8] : [4, 12, 2];
    this.#count(LEAST_WORK);
    const count = this.#whole(await this.#read(at, size), 0, size);
    if (!(count > 0 && count <= MOST_ENTRIES)) return undefined;
    const table = await this.#read(at + size, count * length + room);
    if (table.length < count * length) return undefined;
    const numbers = new Map<number, readonly number[]>();
    const places = new Map<number, Place>();
    this.#count(table.length + COMPARISON * count ** 2);
    for (let start = 0; start < count * length; start += length) {
      const tag = this.#whole(table, start, 2);
      const type = this.#whole(table, start + 2, 2);
      const values = this.#whole(table, start + 4, room);
      const bytes = values * (SIZES[type] ?? 0);
      const inside = start + 4 + room;
      const place = bytes <= room ? at + size + inside : this.#whole(table, inside, room);
      if (bytes > room) this.#count(Math.min(bytes, this.reader.bytes));
      // If a tag is present twice, readers use the first.
      if (bytes === 0 || places.has(tag)) continue;
      places.set(tag, { at: place, bytes });
      const wanted = Math.min(bytes, MOST_VALUES * (SIZES[type] ?? 0));
      const stored =
        bytes <= room ? table.subarray(inside, inside + bytes) : await this.#read(place, wanted);
      if (stored.length === wanted) numbers.set(tag, this.#numbers(stored, type));
    }
    return { next: this.#whole(table, count * length, room), numbers, places };
  }

  async #read(at: number, length: number): Promise<Buffer> {
    return at < this.reader.bytes ? this.reader.read(at, length) : Buffer.alloc(0);
  }

  #count(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw unsupported("a TIFF whose directories take far more work than a file of its size needs");
  }

  #numbers(bytes: Buffer, type: number): number[] {
    const size = SIZES[type] ?? 1;
    return Array.from({ length: bytes.length / size }, (_, index) =>
      type === RATIONAL
        ? this.#whole(bytes, index * 8, 4) / this.#whole(bytes, index * 8 + 4, 4)
        : this.#whole(bytes, index * size, size),
    );
  }

  /** An integer; NaN beyond the end. */
  #whole(bytes: Buffer, at: number, size: number): number {
    if (at + size > bytes.length) return Number.NaN;
    if (size === 8) {
      return Number(this.#bigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at));
    }
    return this.#bigEndian ? bytes.readUIntBE(at, size) : bytes.readUIntLE(at, size);
  }
}

/** The first number of a tag; undefined if it has none. */
export function one(directory: Directory, tag: number): number | undefined {
  return directory.numbers.get(tag)?.[0];
}

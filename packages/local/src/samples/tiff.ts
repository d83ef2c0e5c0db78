import { open } from "node:fs/promises";

/** One page: 8 bit a channel, in strips that are already in the file's compression. */
export interface TiffPage {
  readonly width: number;
  readonly height: number;
  /** 1: gray; 3: RGB. */
  readonly channels: 1 | 3;
  readonly rowsPerStrip: number;
  readonly compression: "none" | "deflate";
  readonly strips: Iterable<Uint8Array>;
}

const SHORT = 3;
const LONG = 4;
const COMPRESSION = { none: 1, deflate: 8 } as const;

/** Classic TIFF counts bytes in 32 bits. */
const MOST_BYTES = 2 ** 32 - 1;

/**
 * Writes a little-endian TIFF strip by strip: never more than a strip in memory.
 * https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
 *
 * @throws RangeError beyond 4 GiB
 */
export async function writeTiff(path: string, pages: Iterable<TiffPage>): Promise<void> {
  await using file = await open(path, "w");
  let at = 8;
  let link = 4;
  const append = async (bytes: Uint8Array) => {
    const start = at;
    at += bytes.byteLength;
    if (at > MOST_BYTES) throw new RangeError(`a TIFF holds ${MOST_BYTES} bytes at most`);
    await file.write(bytes, 0, bytes.byteLength, start);
    return start;
  };
  await file.write(Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]), 0, 8, 0);
  for (const page of pages) {
    const offsets: number[] = [];
    const counts: number[] = [];
    for (const strip of page.strips) {
      counts.push(strip.byteLength);
      offsets.push(await append(strip));
    }
    const offsetsAt = await append(longs(offsets));
    const countsAt = await append(longs(counts));
    const bitsAt = await append(Buffer.from(Uint16Array.of(8, 8, 8).buffer));
    const { channels } = page;
    const directory = directoryOf([
      [256, LONG, 1, page.width],
      [257, LONG, 1, page.height],
      [258, SHORT, channels, channels === 1 ? 8 : bitsAt],
      [259, SHORT, 1, COMPRESSION[page.compression]],
      [262, SHORT, 1, channels === 1 ? 1 : 2],
      // One value stands in the field itself.
      [273, LONG, offsets.length, offsets.length === 1 ? (offsets[0] ?? 0) : offsetsAt],
      [277, SHORT, 1, channels],
      [278, LONG, 1, page.rowsPerStrip],
      [279, LONG, counts.length, counts.length === 1 ? (counts[0] ?? 0) : countsAt],
    ]);
    const directoryAt = await append(directory);
    await file.write(longs([directoryAt]), 0, 4, link);
    link = at - 4;
  }
}

/** Ends in the link to the next directory, 0 until there is one. */
function directoryOf(entries: readonly (readonly [number, number, number, number])[]): Buffer {
  const bytes = Buffer.alloc(2 + entries.length * 12 + 4);
  bytes.writeUInt16LE(entries.length, 0);
  entries.forEach(([tag, type, count, value], index) => {
    const at = 2 + index * 12;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  });
  return bytes;
}

function longs(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, index * 4);
  });
  return bytes;
}

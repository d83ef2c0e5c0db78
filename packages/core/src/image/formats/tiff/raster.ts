/** The properties of a raster that sharp reads like any other source. */
export interface Raster {
  /** In px. */
  readonly width: number;
  /** In px. */
  readonly height: number;
  /** The color model. Default: RGB. */
  readonly color?: keyof typeof KINDS;
  /** The color channels, plus one for alpha. */
  readonly channels: number;
  /** Bits per channel. Default: 8. 16 bits are stored with the lower byte first. */
  readonly bits?: 8 | 16;
  /** Whether the colors are premultiplied by alpha. The codec then divides them. */
  readonly premultiplied?: true;
  /** The EXIF orientation, 1 to 8. Default: upright. */
  readonly orientation?: number;
  readonly icc?: Uint8Array;
}

/** TIFF numbers of the color models, and their number of channels. */
const KINDS = {
  gray: { photometric: 1, channels: 1 },
  rgb: { photometric: 2, channels: 3 },
  cmyk: { photometric: 5, channels: 4 },
  lab: { photometric: 8, channels: 3 },
} as const;

/** Small enough for libvips, which holds a whole strip, and large enough for few strips. */
const ROWS_PER_STRIP = 64;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const SIZES: Readonly<Record<number, number>> = { [SHORT]: 2, [LONG]: 4, [UNDEFINED]: 1 };

/** The maximum number of bytes that a TIFF's 32-bit offsets reach. */
export const TIFF_BYTES = 2 ** 32 - 1;

type Tag = readonly [tag: number, type: number, values: readonly number[] | Uint8Array];

/**
 * An uncompressed TIFF whose pixels are not written yet, with rows from the top without gaps. A
 * decoder fills `pixels` in place, and sharp streams from it and converts its profile without a
 * copy.
 *
 * TIFF 6.0: https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
 */
export function emptyTiff(raster: Raster): { file: Buffer<ArrayBuffer>; pixels: Uint8Array } {
  const { width, height, color = "rgb", channels, bits = 8 } = raster;
  const kind = KINDS[color];
  const row = width * channels * (bits / 8);
  const strips = Math.ceil(height / ROWS_PER_STRIP);
  const places = (start: number): number[] =>
    Array.from({ length: strips }, (_, at) => start + at * ROWS_PER_STRIP * row);
  const sizes = Array.from(
    { length: strips },
    (_, at) => Math.min(ROWS_PER_STRIP, height - at * ROWS_PER_STRIP) * row,
  );
  const tags = (start: number): Tag[] => [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array.from({ length: channels }, () => bits)],
    [259, SHORT, [1]],
    [262, SHORT, [kind.photometric]],
    [273, LONG, places(start)],
    [274, SHORT, [raster.orientation ?? 1]],
    [277, SHORT, [channels]],
    [278, LONG, [ROWS_PER_STRIP]],
    [279, LONG, sizes],
    ...(channels > kind.channels ? [[338, SHORT, [raster.premultiplied ? 1 : 2]] as const] : []),
    ...(raster.icc === undefined ? [] : [[34675, UNDEFINED, raster.icc] as const]),
  ];
  const length = writeHead(undefined, tags(0));
  const file = Buffer.from(new ArrayBuffer(length + height * row));
  writeHead(file, tags(length));
  return { file, pixels: file.subarray(length) };
}

/**
 * Writes the header before the pixels and returns its length in bytes. Without a file, it only
 * returns the length.
 */
function writeHead(file: Buffer | undefined, tags: readonly Tag[]): number {
  const directory = 8;
  let outside = directory + 2 + tags.length * 12 + 4;
  file?.write("II*\0", "latin1");
  file?.writeUInt32LE(directory, 4);
  file?.writeUInt16LE(tags.length, directory);
  for (const [index, [tag, type, values]] of tags.entries()) {
    const at = directory + 2 + index * 12;
    const bytes = values.length * (SIZES[type] ?? 1);
    file?.writeUInt16LE(tag, at);
    file?.writeUInt16LE(type, at + 2);
    file?.writeUInt32LE(values.length, at + 4);
    if (bytes > 4) file?.writeUInt32LE(outside, at + 8);
    if (file !== undefined) writeValues(file, bytes > 4 ? outside : at + 8, type, values);
    // Values begin at even offsets.
    if (bytes > 4) outside += bytes + (bytes % 2);
  }
  return outside;
}

function writeValues(file: Buffer, at: number, type: number, values: Tag[2]): void {
  for (const [index, value] of values.entries()) {
    if (type === SHORT) file.writeUInt16LE(value, at + index * 2);
    else if (type === LONG) file.writeUInt32LE(value, at + index * 4);
    else file.writeUInt8(value, at + index);
  }
}

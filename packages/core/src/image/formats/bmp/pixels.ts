import { Rejection } from "../../../outcome/index.ts";
import { type BmpHeader, bmpHeader, trailingZeros } from "./header.ts";
import { rleIndices } from "./rle.ts";

/**
 * Decodes a BMP's pixels.
 *
 * @param bytes the whole file
 * @param out filled with rows from the top: width x height x 4 bytes (RGBA) if the header has an
 *   alpha mask, otherwise x 3 (RGB)
 * @param tolerant whether missing pixels are left black
 * @throws Rejection `SourceCorrupt` when pixels are missing
 */
export function bmpPixels(bytes: Uint8Array, out: Uint8Array, tolerant = false): void {
  const header = { ...bmpHeader(bytes), tolerant };
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.bits <= 8) indexed(file, header, out);
  else if (header.bits === 24) triples(file, header, out);
  else masked(file, header, out);
}

interface Order extends BmpHeader {
  readonly tolerant: boolean;
}

/**
 * Calls a function for each row of the image, from the top, with its offsets in the file and in
 * `out`.
 */
function eachRow(
  file: Buffer,
  { width, height, bits, topDown, pixelsAt, tolerant }: Order,
  channels: number,
  row: (from: number, to: number) => void,
): void {
  const stride = Math.ceil((width * bits) / 32) * 4;
  // The padding of the last row may be missing, because it contains no pixels.
  const bytes = Math.ceil((width * bits) / 8);
  if (!tolerant && pixelsAt + (height - 1) * stride + bytes > file.length) throw cut();
  for (let y = 0; y < height; y++) {
    const from = pixelsAt + (topDown ? y : height - 1 - y) * stride;
    if (from + bytes <= file.length) row(from, y * width * channels);
  }
}

function cut(): Rejection {
  return new Rejection("SourceCorrupt", "the pixels cannot be read: the file ends before them");
}

function triples(file: Buffer, header: Order, out: Uint8Array): void {
  eachRow(file, header, 3, (from, to) => {
    for (let at = 0; at < header.width * 3; at += 3) {
      out[to + at] = file[from + at + 2] ?? 0;
      out[to + at + 1] = file[from + at + 1] ?? 0;
      out[to + at + 2] = file[from + at] ?? 0;
    }
  });
}

function indexed(file: Buffer, header: Order, out: Uint8Array): void {
  const { width, height, bits } = header;
  const colors = colorsOf(file, header);
  const put = (at: number, index: number) => {
    out[at] = colors[index * 3] ?? 0;
    out[at + 1] = colors[index * 3 + 1] ?? 0;
    out[at + 2] = colors[index * 3 + 2] ?? 0;
  };
  if (header.compression !== "none") {
    const data = file.subarray(header.pixelsAt);
    const { indices, whole } = rleIndices(data, width, height, header.compression);
    if (!whole && !header.tolerant) throw cut();
    for (let at = 0; at < width * height; at++) put(at * 3, indices[at] ?? 0);
    return;
  }
  const perByte = 8 / bits;
  eachRow(file, header, 3, (from, to) => {
    for (let x = 0; x < width; x++) {
      const byte = file[from + Math.trunc(x / perByte)] ?? 0;
      const shift = 8 - bits * ((x % perByte) + 1);
      put(to + x * 3, (byte >> shift) & (2 ** bits - 1));
    }
  });
}

/** Red, green, blue of 256 entries. Entries that the file does not have are black. */
function colorsOf(file: Buffer, { palette: { at, entries, entryBytes } }: BmpHeader): Uint8Array {
  const colors = new Uint8Array(256 * 3);
  for (let entry = 0; entry < entries; entry++) {
    for (let band = 0; band < 3; band++) {
      colors[entry * 3 + band] = file[at + entry * entryBytes + 2 - band] ?? 0;
    }
  }
  return colors;
}

function masked(file: Buffer, header: Order, out: Uint8Array): void {
  const { red, green, blue, alpha } = header.masks;
  const [r, g, b, a] = [channel(red), channel(green), channel(blue), channel(alpha)];
  const channels = alpha === 0 ? 3 : 4;
  const wide = header.bits === 32;
  let seen = 0;
  eachRow(file, header, channels, (from, to) => {
    for (let x = 0; x < header.width; x++) {
      const pixel = wide ? file.readUInt32LE(from + x * 4) : file.readUInt16LE(from + x * 2);
      const at = to + x * channels;
      out[at] = r(pixel);
      out[at + 1] = g(pixel);
      out[at + 2] = b(pixel);
      if (channels === 4) {
        const value = a(pixel);
        out[at + 3] = value;
        seen |= value;
      }
    }
  });
  // An alpha channel of only zeros means opaque: some programs declare alpha and never write it.
  // Browsers do the same.
  if (channels === 4 && seen === 0) for (let at = 3; at < out.length; at += 4) out[at] = 255;
}

/** Extracts a channel from a pixel, as 0 to 255. */
function channel(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = trailingZeros(mask);
  const most = mask >>> shift;
  const table = Uint8Array.from({ length: most + 1 }, (_, value) =>
    Math.round((value * 255) / most),
  );
  return (pixel) => table[(pixel & mask) >>> shift] ?? 0;
}

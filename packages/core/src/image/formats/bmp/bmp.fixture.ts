/** The header of a BMP. */
export interface BmpLayout {
  readonly width: number;
  /** Negative if the rows are stored from the top. */
  readonly height: number;
  readonly bits: number;
  readonly method?: number;
  /** The length of the second header, in bytes. Default: 40. OS/2: 12. */
  readonly header?: number;
  readonly masks?: readonly number[];
  readonly palette?: readonly (readonly number[])[];
  /** Bytes between the headers and the pixels. */
  readonly gap?: number;
}

/** A BMP with these stored pixels. */
export function bmpOf(layout: BmpLayout, pixels: Buffer): Buffer {
  const { width, height, bits, method = 0, header = 40, masks = [], gap = 0 } = layout;
  const old = header === 12;
  const head = Buffer.alloc(14 + header);
  head.write("BM", "latin1");
  head.writeUInt32LE(header, 14);
  if (old) {
    head.writeUInt16LE(width, 18);
    head.writeUInt16LE(height, 20);
    head.writeUInt16LE(bits, 24);
  } else {
    head.writeInt32LE(width, 18);
    head.writeInt32LE(height, 22);
    head.writeUInt16LE(bits, 28);
    head.writeUInt32LE(method, 30);
  }
  const loose = Buffer.alloc(header === 40 && method === 3 ? 12 : 0);
  for (const [at, mask] of masks.entries()) {
    if (header > 40) head.writeUInt32LE(mask, 54 + at * 4);
    else if (at < 3) loose.writeUInt32LE(mask, at * 4);
  }
  const entry = old ? 3 : 4;
  const palette = Buffer.alloc(bits <= 8 ? 2 ** bits * entry : 0);
  for (const [at, [red = 0, green = 0, blue = 0]] of (layout.palette ?? []).entries()) {
    if ((at + 1) * entry <= palette.length) palette.set([blue, green, red], at * entry);
  }
  const file = Buffer.concat([head, loose, palette, Buffer.alloc(gap, 0x77), pixels]);
  file.writeUInt32LE(file.length - pixels.length, 10);
  return file;
}

import { chunk, inserted, segment, u32, withChunks } from "../../containers.fixture.ts";
import { quadrants, RGB } from "../../pictures.fixture.ts";

/**
 * EXIF whose first directory has an orientation and otherwise pointers to a second directory, whose
 * entries have no type or also point to it: a few KB that libexif reads for minutes.
 *
 * @param pointers entries of the first directory
 * @param entries of the second
 * @param tag of the second's entries; 0: a tag that is no pointer
 */
export function exifBomb(
  orientation: number,
  pointers: number,
  entries: number,
  tag = 0,
  order: "II" | "MM" = "II",
): Buffer {
  const second = 8 + 2 + pointers * 12 + 4;
  const block = Buffer.alloc(second + 2 + entries * 12 + 4);
  const little = order === "II";
  const short = (value: number, at: number) =>
    little ? block.writeUInt16LE(value, at) : block.writeUInt16BE(value, at);
  const long = (value: number, at: number) =>
    little ? block.writeUInt32LE(value, at) : block.writeUInt32BE(value, at);
  const entry = (at: number, name: number, type: number, value: number) => {
    short(name, at);
    short(type, at + 2);
    long(1, at + 4);
    if (type === 3) short(value, at + 8);
    else long(value, at + 8);
  };
  block.write(order, "latin1");
  short(42, 2);
  long(8, 4);
  short(pointers, 8);
  for (let at = 0; at < pointers; at++) entry(10 + at * 12, 0x8769, 4, second);
  entry(10, 0x0112, 3, orientation);
  short(entries, second);
  for (let at = 0; at < entries; at++) {
    entry(second + 2 + at * 12, tag || 0x9000, tag === 0 ? 0 : 4, second);
  }
  return block;
}

/** The four quadrants in a format, with this EXIF. */
export async function withExif(
  format: "jpeg" | "png" | "webp" | "avif",
  block: Buffer,
): Promise<Buffer> {
  const picture = quadrants(RGB);
  switch (format) {
    case "jpeg":
      return inserted(
        await picture.jpeg({ quality: 95 }).toBuffer(),
        2,
        segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), block])),
      );
    case "png":
      return withChunks(await picture.png().toBuffer(), chunk("eXIf", block));
    case "webp":
      return inWebp(
        await picture
          .withExif({ IFD0: { Make: "x" } })
          .webp()
          .toBuffer(),
        block,
      );
    case "avif":
      return inAvif(
        await picture
          .withExif({ IFD0: { Make: "x" } })
          .avif({ quality: 90, effort: 0 })
          .toBuffer(),
        block,
      );
  }
}

/** Replaces the existing EXIF, which is the last chunk. */
function inWebp(file: Buffer, block: Buffer): Buffer {
  const at = file.indexOf("EXIF", 12, "latin1");
  const head = Buffer.from("EXIF\0\0\0\0", "latin1");
  head.writeUInt32LE(block.length, 4);
  const made = Buffer.concat([file.subarray(0, at), head, block, Buffer.alloc(block.length % 2)]);
  made.writeUInt32LE(made.length - 8, 4);
  return made;
}

/** Appends the EXIF to the file and writes its new offset to the item. */
function inAvif(file: Buffer, block: Buffer): Buffer {
  const old = file.indexOf("II*\0", 0, "latin1");
  const prefix = file.toString("latin1", old - 6, old) === "Exif\0\0" ? 6 : 0;
  const start = old - prefix - 4;
  const places = file.indexOf("iloc", 0, "latin1");
  const at = file.indexOf(u32(start), places);
  const item = Buffer.concat([file.subarray(start, old), block]);
  const made = Buffer.concat([file, item]);
  made.writeUInt32BE(file.length, at);
  // The base is followed by the number of extents and the offset of the first.
  made.writeUInt32BE(item.length, at + 4 + 2 + 4);
  return made;
}

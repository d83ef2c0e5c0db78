import { withByteReader } from "../../decode/byte-reader.ts";
import { box, uint } from "./boxes.ts";
import { extentOf } from "./colors.ts";
import { type IsoFile, type Item, isoFile } from "./picture.ts";
import { rewritten } from "./rewrite.ts";

const GRID = 0x1000;

/**
 * An AVIF or HEIC whose image is composed of another, which is used again and again.
 *
 * @param source of one coded image
 * @param sides tiles per side, at most 16: the codec rejects more
 * @param size the size of the shown part, in px per side
 */
export function tiled(source: Buffer, sides: number, size: number): Promise<Buffer> {
  return derived(source, sides, size, (tile) => tile);
}

/** The same with the grid itself as its tiles. */
export function circular(source: Buffer): Promise<Buffer> {
  return derived(source, 2, 64, () => GRID);
}

async function derived(
  source: Buffer,
  sides: number,
  size: number,
  tileOf: (primary: number) => number,
): Promise<Buffer> {
  return withIso(source, (file, tile) => {
    const { properties } = tile;
    const data = [0, 1, sides - 1, sides - 1].map((value) => uint(1, value));
    const grid: Item = {
      id: GRID,
      type: "grid",
      data: [{ bytes: Buffer.concat([...data, uint(4, size), uint(4, size)]) }],
      properties: [
        property("ispe", uint(4, 0), uint(4, size), uint(4, size)),
        ...properties.filter(({ box: { type } }) => type === "pixi"),
      ],
    };
    const to = Array.from({ length: sides ** 2 }, () => tileOf(file.primary));
    return {
      ...file,
      primary: GRID,
      items: new Map([...file.items, [GRID, grid]]),
      references: [{ type: "dimg", from: GRID, to }],
    };
  });
}

async function withIso(
  source: Buffer,
  change: (file: IsoFile, picture: Item) => IsoFile,
): Promise<Buffer> {
  return withByteReader({ kind: "bytes", bytes: source }, async (reader) => {
    const file = await isoFile(reader);
    const picture = file?.items.get(file.primary);
    if (!file || !picture) throw new Error("no picture");
    // Larger than the source, because the grid's own bytes are added.
    return rewritten(change(file, picture), { ...reader, bytes: reader.bytes + 64 }, undefined);
  });
}

/** A file that has only a track, in which every frame is the source's one image. */
export async function sequence(source: Buffer, frames: number): Promise<Buffer> {
  return withByteReader({ kind: "bytes", bytes: source }, async (reader) => {
    const file = await isoFile(reader);
    const picture = file?.items.get(file.primary);
    const [extent] = picture?.data ?? [];
    if (!picture || !extent) throw new Error("no picture");
    const data = await extentOf(extent, reader);
    const brand = picture.type === "av01" ? "avis" : "hevc";
    const ftyp = box("ftyp", Buffer.from(`${brand}\0\0\0\0${brand}msf1`, "latin1"));
    const moov = (at: number) => box("moov", track(picture, frames, data.length, at));
    const start = ftyp.length + moov(0).length + 8;
    return Buffer.concat([ftyp, moov(start), box("mdat", data)]);
  });
}

function track({ type, properties }: Item, frames: number, length: number, at: number): Buffer {
  const own = (name: string) => properties.find(({ box: one }) => one.type === name)?.box;
  const size = own("ispe")?.body ?? Buffer.alloc(12);
  // The fields of any entry and of a visual entry: ISO/IEC 14496-12, 12.1.3.
  const entry = Buffer.alloc(78);
  entry.writeUInt16BE(1, 6);
  entry.writeUInt16BE(size.readUInt32BE(4), 24);
  entry.writeUInt16BE(size.readUInt32BE(8), 26);
  const coding = own("av1C") ?? own("hvcC");
  const version = uint(4, 0);
  const samples = Array.from({ length: frames }, () => uint(4, length));
  return box(
    "trak",
    box("tkhd", version, Buffer.alloc(8), uint(4, 1), Buffer.alloc(68)),
    box(
      "mdia",
      box("hdlr", version, uint(4, 0), Buffer.from("pict"), Buffer.alloc(13)),
      box(
        "minf",
        box(
          "stbl",
          box("stsd", version, uint(4, 1), box(type, entry, ...(coding ? [coding.whole] : []))),
          box("stts", version, uint(4, 1), uint(4, frames), uint(4, 1)),
          box("stsc", version, uint(4, 1), uint(4, 1), uint(4, 1), uint(4, 1)),
          box("stsz", version, uint(4, 0), uint(4, frames), ...samples),
          // All frames have the same offset.
          box("stco", version, uint(4, frames), ...samples.map(() => uint(4, at))),
        ),
      ),
    ),
  );
}

function property(type: string, ...parts: readonly Buffer[]): Item["properties"][number] {
  const whole = box(type, ...parts);
  return { box: { type, body: whole.subarray(8), whole }, essential: false };
}

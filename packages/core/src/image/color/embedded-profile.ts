import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, deflateSync } from "node:zlib";
import { isMapped, type SourceInfo } from "../../plan/index.ts";
import { type ByteReader, withByteReader } from "../decode/byte-reader.ts";
import { withScratchFile } from "../decode/scratch.ts";
import { isoFile } from "../formats/iso/picture.ts";
import { rewritten } from "../formats/iso/rewrite.ts";
import { pngChunks } from "../formats/png-chunks.ts";
import type { ImageInput } from "../input.ts";
import { profileOf } from "./icc.ts";
import { PNG_COLOR_CHUNKS } from "./png.ts";

/**
 * Passes a source to `use` with colors that the codec can read: the source itself or, if code
 * points specify the colors, a copy with a profile of the same colors, which is deleted when `use`
 * has ended.
 *
 * @throws Rejection `SourceCorrupt`, Failure `DiskFull`, and any error of `use`
 */
export async function withEmbeddedProfile<T>(
  input: ImageInput,
  source: SourceInfo,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  if (!source.rewritten) return use(input);
  const { format, colors, premultiplied } = source;
  // An unpacked source gets its profile when it is unpacked, and a mapped source needs none.
  const icc =
    colors !== undefined && format !== "heic" && !premultiplied && !isMapped(source)
      ? profileOf(colors)
      : undefined;
  if (format !== "png") return withRewrittenContainer(input, icc, use);
  return withPieces(input, await withByteReader(input, (reader) => pngPieces(reader, icc)), use);
}

/**
 * Passes a copy of an AVIF or HEIC with a rewritten container to `use`, with a profile if one is
 * given.
 */
export async function withRewrittenContainer<T>(
  input: ImageInput,
  icc: Uint8Array | undefined,
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  const bytes = await withByteReader(input, async (reader) => {
    const file = await isoFile(reader);
    if (file === undefined) throw new Error("the source is not the one that was probed");
    return rewritten(file, reader, icc);
  });
  return use({ kind: "bytes", bytes });
}

/** A piece of a copy: a range of the source, or new bytes. */
type Piece = Buffer | readonly [from: number, to: number];

async function pngPieces(reader: ByteReader, icc: Buffer | undefined): Promise<Piece[]> {
  const chunks = await pngChunks(reader);
  const [header, ...rest] = chunks;
  const end = (at: number) => {
    const last = chunks[at];
    return last ? last.at + 12 + last.length : 8;
  };
  if (header === undefined) return [[0, reader.bytes]];
  const color: readonly string[] = PNG_COLOR_CHUNKS;
  const kept = rest.filter(({ type }) => !color.includes(type));
  return [
    [0, end(0)],
    ...(icc ? [profileChunk(icc)] : []),
    ...kept.map(({ at, length }): Piece => [at, at + 12 + length]),
    [end(chunks.length - 1), reader.bytes],
  ];
}

function profileChunk(icc: Buffer): Buffer {
  return chunk("iCCP", Buffer.concat([Buffer.from("icc\0\0", "latin1"), deflateSync(icc)]));
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length);
  bytes.write(type, 4, "latin1");
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** A source in memory stays in memory, and a file stays a file: it may be too large for memory. */
async function withPieces<T>(
  input: ImageInput,
  pieces: readonly Piece[],
  use: (input: ImageInput) => Promise<T>,
): Promise<T> {
  if (input.kind === "bytes") {
    const { bytes } = input;
    const parts = pieces.map((piece) =>
      piece instanceof Buffer ? piece : bytes.subarray(piece[0], piece[1]),
    );
    return use({ kind: "bytes", bytes: Buffer.concat(parts) });
  }
  const write = (path: string) =>
    pipeline(Readable.from(stream(input.path, pieces)), createWriteStream(path));
  return withScratchFile(write, use);
}

async function* stream(path: string, pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Buffer) yield piece;
    else if (piece[1] > piece[0]) {
      yield* createReadStream(path, { start: piece[0], end: piece[1] - 1 });
    }
  }
}

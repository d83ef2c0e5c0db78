import type { ByteReader } from "../decode/byte-reader.ts";
import { unsupported } from "./unsupported.ts";

/** A chunk before a PNG's pixels. */
export interface PngChunk {
  readonly type: string;
  /** The offset of its length field. */
  readonly at: number;
  /** The bytes of its data. */
  readonly length: number;
}

/**
 * Far more chunks than any program writes before the pixels. A file with more is rejected, because
 * the codec would read on.
 */
const MOST_CHUNKS = 1000;
/** libpng rejects a file with a chunk of any other type. */
const TYPE = /^[a-z]{4}$/i;

/**
 * The chunks before a PNG's pixels. They specify the colors, and the codec reads no chunk after the
 * pixels, such as EXIF. https://www.w3.org/TR/png-3/#5ChunkOrdering
 *
 * @throws Rejection `SourceUnsupported` if there are more than 1000
 */
export async function pngChunks({ read, bytes }: ByteReader): Promise<PngChunk[]> {
  const chunks: PngChunk[] = [];
  let at = 8;
  while (at + 12 <= bytes) {
    const head = await read(at, 8);
    const type = head.toString("latin1", 4, 8);
    if (type === "IDAT" || type === "IEND" || !TYPE.test(type)) break;
    if (chunks.length === MOST_CHUNKS) {
      throw unsupported(`a PNG with more than ${MOST_CHUNKS} chunks before its pixels`);
    }
    const length = head.readUInt32BE(0);
    chunks.push({ type, at, length });
    at += 12 + length;
  }
  return chunks;
}

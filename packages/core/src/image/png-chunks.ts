import type { Parts } from "./parts.ts";
import { unread } from "./unread.ts";

/** A chunk of a PNG. */
export interface PngChunk {
  readonly type: string;
  /** Where its length stands. */
  readonly at: number;
  /** Bytes of its data. */
  readonly length: number;
}

/** Far more than any program writes before the pixels; the codec reads on, so we do not look away. */
const MOST_BEFORE = 1000;
/** Those of 800 MB of pixels, as libpng writes them. */
const MOST = 100_000;
/** libpng refuses a file with a chunk of any other type. */
const TYPE = /^[a-z]{4}$/i;

/**
 * The chunks of a PNG, those of its pixels too, up to its end or the 100,000th: the codec reads
 * nothing but pixels from the first of these on.
 *
 * @throws Rejection `SourceUnsupported` where over 1000 stand before the pixels
 */
export async function* pngChunks({ read, bytes }: Parts): AsyncGenerator<PngChunk> {
  let at = 8;
  let isBefore = true;
  for (let count = 0; count < MOST && at + 12 <= bytes; count++) {
    const head = await read(at, 8);
    const type = head.toString("latin1", 4, 8);
    if (type === "IEND" || !TYPE.test(type)) return;
    isBefore &&= type !== "IDAT";
    if (isBefore && count === MOST_BEFORE) {
      throw unread(`a PNG of over ${MOST_BEFORE} chunks before its pixels`);
    }
    const length = head.readUInt32BE(0);
    yield { type, at, length };
    at += 12 + length;
  }
}

/**
 * The chunks before a PNG's pixels, where what says its colours stands.
 * https://www.w3.org/TR/png-3/#5ChunkOrdering
 *
 * @throws Rejection `SourceUnsupported` where they are over 1000
 */
export async function pngHeader(parts: Parts): Promise<PngChunk[]> {
  const chunks: PngChunk[] = [];
  for await (const chunk of pngChunks(parts)) {
    if (chunk.type === "IDAT") break;
    chunks.push(chunk);
  }
  return chunks;
}

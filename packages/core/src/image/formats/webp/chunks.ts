import type { ByteReader } from "../../decode/byte-reader.ts";

/** A chunk of a WebP. */
interface WebpChunk {
  readonly type: string;
  /** The offset of its data, after the length field. */
  readonly at: number;
  /** The specified length of its data. The file may contain fewer bytes. */
  readonly length: number;
}

/** The chunks of a WebP: https://developers.google.com/speed/webp/docs/riff_container */
export async function* webpChunks({ read, bytes }: ByteReader): AsyncGenerator<WebpChunk> {
  let at = 12;
  while (at + 8 <= bytes) {
    const head = await read(at, 8);
    const length = head.readUInt32LE(4);
    yield { type: head.toString("latin1", 0, 4), at: at + 8, length };
    at += 8 + length + (length % 2);
  }
}

import { open } from "node:fs/promises";
import type { ImageInput } from "../input.ts";

/**
 * Reads bytes of a source, which must not be written to. It returns fewer bytes at the source's
 * end.
 */
export interface ByteReader {
  readonly bytes: number;
  read(from: number, length: number): Promise<Buffer>;
}

/** The size of one read from a file. Headers are parsed in many small steps. */
const WINDOW_BYTES = 16 * 1024;

/** Opens a source for reads of parts, without reading the rest. */
export async function withByteReader<T>(
  input: ImageInput,
  use: (reader: ByteReader) => Promise<T>,
): Promise<T> {
  if (input.kind === "bytes") {
    const { buffer, byteOffset, byteLength } = input.bytes;
    const file = Buffer.from(buffer, byteOffset, byteLength);
    return use({
      bytes: byteLength,
      read: async (from, length) => file.subarray(from, from + length),
    });
  }
  await using file = await open(input.path);
  const { size } = await file.stat();
  const from = async (at: number, wanted: number) => {
    const length = Math.max(0, Math.min(wanted, size - at));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  };
  let window = { at: 0, bytes: Buffer.alloc(0) };
  return await use({
    bytes: size,
    async read(at, length) {
      if (length > WINDOW_BYTES) return from(at, length);
      const { at: start, bytes } = window;
      if (at >= start && at + length <= start + bytes.length) {
        return bytes.subarray(at - start, at - start + length);
      }
      const read = await from(at, WINDOW_BYTES);
      window = { at, bytes: read };
      return read.subarray(0, length);
    },
  });
}

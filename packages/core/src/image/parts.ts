import { open } from "node:fs/promises";
import type { ImageInput } from "./input.ts";

/** Reads bytes of a source; fewer than asked for where it ends. */
export interface Parts {
  readonly bytes: number;
  read(from: number, length: number): Promise<Buffer>;
}

/** Lends a source to be read in parts, without reading the rest. */
export async function withParts<T>(
  input: ImageInput,
  use: (parts: Parts) => Promise<T>,
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
  return await use({
    bytes: size,
    async read(from, length) {
      const most = Math.max(0, Math.min(length, size - from));
      const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, from);
      return buffer.subarray(0, bytesRead);
    },
  });
}

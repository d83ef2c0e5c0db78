import { open } from "node:fs/promises";
import type { ImageInput } from "./input.ts";

/** A source of which parts are read, wherever it lies. */
export interface SourceBytes {
  /** bytes */
  readonly size: number;
  /** As many bytes as the source has there, not to be written to. */
  readonly read: (at: number, length: number) => Promise<Buffer>;
}

/** Nearly always holds all that stands before a picture's pixels. */
const HEAD_BYTES = 64 * 1024;

/** Lends a source's bytes to `use`. Of a file, the first 64 KiB are read once. */
export async function withSourceBytes<T>(
  input: ImageInput,
  use: (source: SourceBytes) => Promise<T>,
): Promise<T> {
  if (input.kind === "bytes") {
    const { buffer, byteOffset, byteLength: size } = input.bytes;
    const bytes = Buffer.from(buffer, byteOffset, size);
    return use({ size, read: async (at, length) => bytes.subarray(at, at + length) });
  }
  await using file = await open(input.path);
  const { size } = await file.stat();
  const from = async (at: number, wanted: number) => {
    const length = Math.max(0, Math.min(wanted, size - at));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  };
  const head = await from(0, HEAD_BYTES);
  return await use({
    size,
    read: async (at, length) =>
      at + length <= head.length ? head.subarray(at, at + length) : from(at, length),
  });
}

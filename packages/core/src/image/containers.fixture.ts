import { crc32 } from "node:zlib";

/** A PNG chunk. */
export function chunk(type: string, data: readonly number[] | Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), Buffer.from(data)]);
  return Buffer.concat([u32(body.length - 4), body, u32(crc32(body))]);
}

/** Inserts chunks after a PNG's header. */
export function withChunks(file: Buffer, ...chunks: readonly Buffer[]): Buffer {
  return inserted(file, 33, ...chunks);
}

/** A JPEG segment with a length field. */
export function segment(marker: number, content: readonly number[] | Buffer): Buffer {
  const length = content.length + 2;
  return Buffer.concat([Buffer.of(0xff, marker, length >> 8, length & 255), Buffer.from(content)]);
}

/** Inserts bytes at an offset. */
export function inserted(file: Buffer, at: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([file.subarray(0, at), ...parts, file.subarray(at)]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

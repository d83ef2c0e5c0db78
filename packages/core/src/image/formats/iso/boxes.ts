/** A box of an ISO base media file (ISO/IEC 14496-12, 4.2). */
export interface Box {
  readonly type: string;
  /** The contents without the header. */
  readonly body: Buffer;
  /** The contents with the header. */
  readonly whole: Buffer;
}

/**
 * The consecutive boxes in `bytes`.
 *
 * @throws RangeError at a box that extends beyond them, which another reader might read further
 */
export function* boxesIn(bytes: Buffer): Generator<Box> {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const { type, head, length } = boxHead(bytes.subarray(at, at + 16));
    const end = length === 0 ? bytes.length : at + length;
    if (end < at + head || end > bytes.length)
      throw new RangeError("a box extends beyond its parent");
    yield { type, body: bytes.subarray(at + head, end), whole: bytes.subarray(at, end) };
    at = end;
  }
}

/**
 * The header of a box: the size of the header, and that of the whole box, where 0 is up to the
 * file's end.
 */
export function boxHead(bytes: Buffer): { type: string; head: number; length: number } {
  const short = bytes.readUInt32BE(0);
  const type = bytes.toString("latin1", 4, 8);
  if (short !== 1 || bytes.length < 16) return { type, head: 8, length: short };
  return { type, head: 16, length: Number(bytes.readBigUInt64BE(8)) };
}

export function boxIn(bytes: Buffer, ...path: readonly string[]): Box | undefined {
  const [type, ...rest] = path;
  for (const box of boxesIn(bytes)) {
    if (box.type === type) return rest.length === 0 ? box : boxIn(box.body, ...rest);
  }
  return undefined;
}

/** Reads consecutive numbers. Reading beyond the end is an error. */
export class Reader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** @param length in bytes; 0 gives 0 */
  uint(length: number): number {
    const { at } = this;
    this.at += length;
    if (length === 0) return 0;
    return length === 8
      ? Number(this.bytes.readBigUInt64BE(at))
      : this.bytes.readUIntBE(at, length);
  }

  text(length: number): string {
    this.at += length;
    return this.bytes.toString("latin1", this.at - length, this.at);
  }
}

export function box(type: string, ...parts: readonly (Buffer | readonly number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
}

/** Writes a number with this many bytes. */
export function uint(length: 1 | 2 | 4, value: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}

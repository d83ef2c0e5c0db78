import { Bits } from "./bits.ts";

/** The colors that a bitstream specifies, by the code points of ITU-T H.273. */
export interface CodePoints {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  /** Whether samples use the full range, unlike most video. It is undefined if unspecified. */
  readonly full: boolean | undefined;
}

/** The H.273 code points for "unspecified". */
export const UNSPECIFIED = { primaries: 2, transfer: 2, matrix: 2 } as const;

const SEQUENCE_HEADER = 1;
/** The maximum number of operating points in AV1, each of a few bytes. */
const MOST_POINTS = 32;

/**
 * The colors in AV1's sequence header; undefined without a sequence header.
 * https://aomediacodec.github.io/av1-spec/, 5.3, 5.5 and 6.4.2
 *
 * @param bytes a list of OBUs: the first of an image, or those of its `av1C`
 */
export function av1CodePoints(bytes: Uint8Array): CodePoints | undefined {
  const header = sequenceHeader(bytes);
  if (header === undefined) return undefined;
  try {
    return colorConfig(new Bits(header));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function sequenceHeader(bytes: Uint8Array): Uint8Array | undefined {
  let at = 0;
  while (at < bytes.length) {
    const head = bytes[at] ?? 0;
    at += head & 4 ? 2 : 1;
    let length = bytes.length - at;
    if (head & 2) {
      length = 0;
      for (let shift = 0; shift < 28; shift += 7) {
        const byte = bytes[at++] ?? 0;
        length |= (byte & 127) << shift;
        if (byte < 128) break;
      }
    }
    if (((head >> 3) & 15) === SEQUENCE_HEADER) return bytes.subarray(at, at + length);
    at += length;
  }
  return undefined;
}

function colorConfig(bits: Bits): CodePoints {
  const profile = bits.take(3);
  bits.skip(1);
  const reduced = bits.flag();
  if (reduced) bits.skip(5);
  else skipOperatingPoints(bits);
  const [widthBits, heightBits] = [bits.take(4) + 1, bits.take(4) + 1];
  bits.skip(widthBits + heightBits);
  if (!reduced && bits.flag()) bits.skip(7);
  bits.skip(3);
  if (!reduced) skipTools(bits);
  bits.skip(3);
  const high = bits.flag();
  if (profile === 2 && high) bits.skip(1);
  const isGray = profile !== 1 && bits.flag();
  const points = bits.flag()
    ? { primaries: bits.take(8), transfer: bits.take(8), matrix: bits.take(8) }
    : UNSPECIFIED;
  const { primaries, transfer, matrix } = points;
  const isRgb = !isGray && primaries === 1 && transfer === 13 && matrix === 0;
  return { ...points, full: isRgb || bits.flag() };
}

function skipOperatingPoints(bits: Bits): void {
  let delayBits = 0;
  if (bits.flag()) {
    bits.skip(64);
    if (bits.flag()) bits.exp();
    if (bits.flag()) {
      delayBits = bits.take(5) + 1;
      bits.skip(42);
    }
  }
  const delays = bits.flag();
  for (let left = Math.min(bits.take(5) + 1, MOST_POINTS); left > 0; left--) {
    bits.skip(12);
    if (bits.take(5) > 7) bits.skip(1);
    if (delayBits > 0 && bits.flag()) bits.skip(delayBits * 2 + 1);
    if (delays && bits.flag()) bits.skip(4);
  }
}

function skipTools(bits: Bits): void {
  bits.skip(4);
  const order = bits.flag();
  if (order) bits.skip(2);
  const screen = bits.flag() ? 2 : bits.take(1);
  if (screen > 0 && !bits.flag()) bits.skip(1);
  if (order) bits.skip(3);
}

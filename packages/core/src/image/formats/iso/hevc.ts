import { type CodePoints, UNSPECIFIED } from "./av1.ts";
import { Bits } from "./bits.ts";

const SPS = 33;

/**
 * The colors in HEVC's sequence parameter set; undefined if it is missing or specifies none. ITU-T
 * H.265, 7.3.2.2 and E.2.1; ISO/IEC 14496-15, 8.3.3.1
 *
 * @param config the contents of an `hvcC` box
 */
export function hevcCodePoints(config: Uint8Array): CodePoints | undefined {
  const unit = parameterSet(config);
  if (unit === undefined) return undefined;
  try {
    return videoUsability(new Bits(unescaped(unit)));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function parameterSet(config: Uint8Array): Uint8Array | undefined {
  const short = (at: number) => ((config[at] ?? 0) << 8) | (config[at + 1] ?? 0);
  let at = 23;
  for (let arrays = config[22] ?? 0; arrays > 0; arrays--) {
    const type = (config[at] ?? 0) & 63;
    let units = short(at + 1);
    at += 3;
    for (; units > 0 && at < config.length; units--) {
      const length = short(at);
      if (type === SPS) return config.subarray(at + 2, at + 2 + length);
      at += 2 + length;
    }
  }
  return undefined;
}

/** Removes the emulation prevention bytes and the header of a NAL unit. */
function unescaped(unit: Uint8Array): Uint8Array {
  return unit
    .filter((byte, at) => !(byte === 3 && at > 1 && unit[at - 1] === 0 && unit[at - 2] === 0))
    .subarray(2);
}

function videoUsability(bits: Bits): CodePoints | undefined {
  bits.skip(4);
  const layers = bits.take(3);
  bits.skip(1);
  skipProfile(bits, layers);
  bits.exp();
  if (bits.exp() === 3) bits.skip(1);
  bits.exp();
  bits.exp();
  if (bits.flag()) times(4, () => bits.exp());
  bits.exp();
  bits.exp();
  const orderBits = bits.exp() + 4;
  times(bits.flag() ? layers + 1 : 1, () => times(3, () => bits.exp()));
  times(6, () => bits.exp());
  if (bits.flag() && bits.flag()) skipScalingLists(bits);
  bits.skip(2);
  if (bits.flag()) {
    bits.skip(8);
    bits.exp();
    bits.exp();
    bits.skip(1);
  }
  skipReferenceSets(bits);
  if (bits.flag()) times(count(bits.exp(), 32), () => bits.skip(orderBits + 1));
  bits.skip(2);
  return bits.flag() ? colorDescription(bits) : undefined;
}

function colorDescription(bits: Bits): CodePoints | undefined {
  // The aspect ratio of its pixels; 255 means that two numbers follow.
  if (bits.flag() && bits.take(8) === 255) bits.skip(32);
  if (bits.flag()) bits.skip(1);
  if (!bits.flag()) return undefined;
  bits.skip(3);
  const full = bits.flag();
  return bits.flag()
    ? { primaries: bits.take(8), transfer: bits.take(8), matrix: bits.take(8), full }
    : { ...UNSPECIFIED, full };
}

function skipProfile(bits: Bits, layers: number): void {
  bits.skip(96);
  const present = Array.from({ length: layers }, () => [bits.flag(), bits.flag()] as const);
  if (layers > 0) bits.skip(2 * (8 - layers));
  for (const [profile, level] of present) bits.skip((profile ? 88 : 0) + (level ? 8 : 0));
}

function skipScalingLists(bits: Bits): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!bits.flag()) {
        bits.exp();
        continue;
      }
      if (size > 1) bits.exp();
      times(Math.min(64, 1 << (4 + size * 2)), () => bits.exp());
    }
  }
}

function skipReferenceSets(bits: Bits): void {
  const sets = count(bits.exp(), 64);
  let pictures = 0;
  for (let at = 0; at < sets; at++) {
    if (at > 0 && bits.flag()) {
      bits.skip(1);
      bits.exp();
      let used = 0;
      // A picture is used now or kept for later.
      times(pictures + 1, () => {
        if (bits.flag() || bits.flag()) used += 1;
      });
      pictures = used;
    } else {
      const [before, after] = [count(bits.exp(), 16), count(bits.exp(), 16)];
      pictures = before + after;
      times(pictures, () => {
        bits.exp();
        bits.skip(1);
      });
    }
  }
}

function count(value: number, most: number): number {
  if (value > most) throw new RangeError(`${value} exceeds the maximum of ${most}`);
  return value;
}

function times(many: number, act: () => void): void {
  for (let left = many; left > 0; left--) act();
}

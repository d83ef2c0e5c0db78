import { crc32, inflateSync } from "node:zlib";
import { Rejection } from "../../outcome/index.ts";
import type { Colors, Primaries, Transfer } from "../../plan/index.ts";
import type { ByteReader } from "../decode/byte-reader.ts";
import { type PngChunk, pngChunks } from "../formats/png-chunks.ts";
import { BT709, BT1886, colorsOf, isKnown, isSrgb } from "./code-points.ts";
import { grayColors } from "./gray.ts";

/** The chunks that specify the colors of a PNG, in order of precedence. */
export const PNG_COLOR_CHUNKS = ["cICP", "iCCP", "sRGB", "gAMA", "cHRM"] as const;

/**
 * The colors that a PNG specifies by other means than a profile; undefined if its profile takes
 * precedence or the colors are sRGB. PNG, third edition, 4.3:
 * https://www.w3.org/TR/png-3/#color-chunk-precendence
 *
 * As in browsers, chunks with a wrong checksum are ignored, and so is a cHRM without a gAMA.
 *
 * @throws Rejection `SourceCorrupt` if the header is damaged, which the codec does not report while
 *   it encodes
 */
export async function pngColors(reader: ByteReader): Promise<Colors | undefined> {
  const chunks = await pngChunks(reader);
  const data = async (type: string, length: number) => {
    const chunk = chunks.find((one) => one.type === type);
    return chunk?.length === length ? soundData(reader, chunk) : undefined;
  };
  const header = await data("IHDR", 13);
  if (header === undefined) {
    throw new Rejection("SourceCorrupt", "the source begins as png but its header is damaged");
  }
  const profile = chunks.find(({ type }) => type === "iCCP");
  const cicp = await data("cICP", 4);
  const [primaries = 2, transfer = 2, matrix, full] = cicp ?? [];
  if (cicp && matrix === 0 && isKnown(primaries, transfer)) {
    const bits = header[8] ?? 8;
    const peak = peakOf(await data("cLLI", 8), await data("mDCV", 24));
    const colors = {
      // Browsers do the same: they follow the values in the PNG.
      ...colorsOf(primaries, transfer, BT1886),
      ...(full === 0 && bits >= 8 && { narrow: { bits } }),
      ...(peak && { peak }),
    };
    return isSrgb(colors) && profile === undefined ? undefined : colors;
  }
  if (profile !== undefined) return grayByProfile(header, profile, reader);
  const gamma = await data("gAMA", 4);
  if (gamma === undefined || (await data("sRGB", 1))) return undefined;
  const colors = {
    primaries: primariesOf(await data("cHRM", 32)),
    transfer: transferOf(gamma.readUInt32BE(0)),
  };
  return isSrgb(colors) ? undefined : colors;
}

/** The data of a chunk if it is complete and its checksum is correct. */
async function soundData(
  reader: ByteReader,
  { at, length }: PngChunk,
): Promise<Buffer | undefined> {
  const bytes = await reader.read(at + 4, length + 8);
  if (bytes.length < length + 8) return undefined;
  const body = bytes.subarray(0, length + 4);
  return crc32(body) === bytes.readUInt32BE(length + 4) ? body.subarray(4) : undefined;
}

/** Display profiles have a few KiB, so a larger profile is not read. */
const MOST_PROFILE = 1024 * 1024;

/**
 * The gray colors of an RGB profile. The specification forbids it, browsers use it, and libpng
 * discards it before the codec sees it.
 */
async function grayByProfile(
  header: Buffer,
  chunk: PngChunk,
  reader: ByteReader,
): Promise<Colors | undefined> {
  const [depth, kind] = header.subarray(8);
  if ((kind !== 0 && kind !== 4) || chunk.length > MOST_PROFILE) return undefined;
  const bytes = await soundData(reader, chunk);
  if (bytes === undefined) return undefined;
  try {
    // The data follows the profile name and the compression method.
    const packed = bytes.subarray(bytes.indexOf(0) + 2);
    const profile = inflateSync(packed, { maxOutputLength: MOST_PROFILE });
    return grayColors(profile, { format: "png", bands: 1, depth: depth === 16 ? 16 : 8 });
  } catch {
    return undefined;
  }
}

/**
 * The brightest px, or else the peak of the mastering display; stored in units of 1/10,000 cd/m2.
 */
function peakOf(light: Buffer | undefined, volume: Buffer | undefined): number | undefined {
  const found = light?.readUInt32BE(0) || volume?.readUInt32BE(16);
  return found ? found / 10_000 : undefined;
}

function primariesOf(chunk: Buffer | undefined): Primaries {
  if (chunk === undefined) return BT709;
  const point = (at: number) =>
    [chunk.readUInt32BE(at) / 100_000, chunk.readUInt32BE(at + 4) / 100_000] as const;
  // White is stored first.
  const primaries = [point(8), point(16), point(24), point(0)] as const;
  return isGamut(primaries) ? primaries : BT709;
}

/**
 * Whether three colors span a triangle that contains white. No matrix exists for any other values.
 */
function isGamut([red, green, blue, white]: Primaries): boolean {
  const side = ([ax, ay]: readonly number[], [bx, by]: readonly number[], [px, py] = white) =>
    ((bx ?? 0) - (ax ?? 0)) * ((py ?? 0) - (ay ?? 0)) -
    ((by ?? 0) - (ay ?? 0)) * ((px ?? 0) - (ax ?? 0));
  const sides = [side(red, green), side(green, blue), side(blue, red)];
  const ys = [red, green, blue, white].map(([, y]) => y);
  return ys.every((y) => y > 0.001) && sides.every((value) => value > 0.001);
}

/** The curve of sRGB is close to this exponent. PNGs have labelled sRGB with it since 1996. */
const SRGB_GAMMA = 2.2;

function transferOf(stored: number | undefined): Transfer {
  if (!stored) return { kind: "srgb" };
  const gamma = 100_000 / stored;
  const odd = gamma < 0.1 || gamma > 10 || Math.abs(gamma - SRGB_GAMMA) < 0.05;
  return odd ? { kind: "srgb" } : { kind: "gamma", gamma };
}

import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { chunk, u32, withChunks } from "../containers.fixture.ts";
import { box, boxesIn, uint } from "../formats/iso/boxes.ts";
import type { Quadrants } from "../pictures.fixture.ts";
import { inverse } from "./matrix.ts";

/** Primaries and transfer functions by the code points of ITU-T H.273. */
export const PRIMARIES = { "BT.709": 1, "Display P3": 12, "BT.2020": 9 } as const;
export const TRANSFERS = {
  sRGB: 13,
  "BT.709": 1,
  linear: 8,
  "gamma 2.2": 4,
  PQ: 16,
  HLG: 18,
} as const;
export type PrimariesName = keyof typeof PRIMARIES;
export type TransferName = keyof typeof TRANSFERS;

type Rgb = readonly [number, number, number];
type Rows = readonly [Rgb, Rgb, Rgb];

/**
 * From linear light of BT.709 to other primaries: ITU-R BT.2087 for BT.2020, the method of
 * http://www.brucelindbloom.com for P3.
 */
const FROM_709: Readonly<Record<PrimariesName, Rows>> = {
  "BT.709": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  "Display P3": [
    [0.822462, 0.177538, 0],
    [0.033194, 0.966806, 0],
    [0.017083, 0.072397, 0.91052],
  ],
  "BT.2020": [
    [0.627404, 0.329283, 0.043313],
    [0.069097, 0.91954, 0.011362],
    [0.016391, 0.088013, 0.895595],
  ],
};
const LUMINANCE: Readonly<Record<PrimariesName, Rgb>> = {
  "BT.709": [0.2126, 0.7152, 0.0722],
  "Display P3": [0.229, 0.6917, 0.0793],
  "BT.2020": [0.2627, 0.678, 0.0593],
};

/** The light of diffuse white, in cd/m2. */
const WHITE = 203;

/** The light of an sRGB sample of 0 to 255. */
export const linear = (value: number) =>
  value <= 0.04045 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
/** The sRGB sample, 0 to 1, of light. */
export const srgb = (light: number) =>
  light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;

const perceptual = (nits: number) => {
  const y = (nits / 10_000) ** 0.1593017578125;
  return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375;
};
const nits = (signal: number) => {
  const y = signal ** (1 / 78.84375);
  return (
    10_000 * (Math.max(y - 0.8359375, 0) / (18.8515625 - 18.6875 * y)) ** (1 / 0.1593017578125)
  );
};

const product = (rows: Rows, [r, g, b]: Rgb) =>
  rgbOf(rows.map(([x, y, z]) => x * r + y * g + z * b));

/** The samples, 0 to 1, that store an sRGB color. In HDR, its white is at 203 cd/m2. */
export function stored(
  color: readonly number[],
  primaries: PrimariesName,
  transfer: TransferName,
): number[] {
  const light = product(FROM_709[primaries], rgbOf(color.map((value) => linear(value))));
  switch (transfer) {
    case "linear":
      return [...light];
    case "gamma 2.2":
      return light.map((value) => Math.max(0, value) ** (1 / 2.2));
    case "PQ":
      return light.map((value) => perceptual(Math.max(0, value) * WHITE));
    case "HLG": {
      const display = light.map((value) => (Math.max(0, value) * WHITE) / 1000);
      const y = rgbOf(display).reduce(
        (sum, value, at) => sum + value * (LUMINANCE[primaries][at] ?? 0),
        0,
      );
      return display.map((value) => {
        const scene = y === 0 ? 0 : value * y ** (-0.2 / 1.2);
        return scene <= 1 / 12
          ? Math.sqrt(3 * scene)
          : 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073;
      });
    }
    case "BT.709":
      // The curve of video displays, BT.1886.
      return light.map((value) => Math.max(0, value) ** (1 / 2.4));
    default:
      return light.map(srgb);
  }
}

/**
 * The sRGB color of PQ samples. Light above white exceeds 255, and colors outside the gamut are
 * below 0.
 */
export function meantByPq(numbers: readonly number[], primaries: PrimariesName): number[] {
  const light = numbers.map((value) => nits(value) / WHITE);
  return inverse(FROM_709[primaries]).map((row) => {
    const sum = row.reduce((total, factor, at) => total + factor * (light[at] ?? 0), 0);
    return Math.sign(sum) * 255 * srgb(Math.abs(sum));
  });
}

function rgbOf([r = 0, g = 0, b = 0]: readonly number[]): Rgb {
  return [r, g, b];
}

/**
 * The expected output for an sRGB color: unchanged for SDR, and the result of BT.2390's EETF for
 * HDR. It is computed here as the specification describes it: PQ samples, normalized to the
 * source's peak, through a Hermite spline.
 */
export function expected(
  color: readonly number[],
  primaries: PrimariesName,
  transfer: TransferName,
  peak = 10_000,
): number[] {
  if (transfer !== "PQ" && transfer !== "HLG") return [...color];
  const light = color.map((value) => linear(value));
  const brightest = Math.max(...product(FROM_709[primaries], rgbOf(light))) * WHITE;
  const [source, target] = [perceptual(peak), perceptual(WHITE)];
  const maxLum = target / source;
  const ks = 1.5 * maxLum - 0.5;
  const e1 = perceptual(brightest) / source;
  const t = (e1 - ks) / (1 - ks);
  const spline =
    (2 * t ** 3 - 3 * t ** 2 + 1) * ks +
    (t ** 3 - 2 * t ** 2 + t) * (1 - ks) +
    (-2 * t ** 3 + 3 * t ** 2) * maxLum;
  const gain = nits((e1 < ks ? e1 : spline) * source) / brightest;
  return light.map((value) => 255 * srgb(Math.min(1, value * gain)));
}

/**
 * Four quadrants of these values, 0 to 1, as samples of a bit depth in 8 or 16 bits; alpha is
 * added.
 */
function samples(
  numbers: readonly (readonly number[])[],
  bits: 8 | 16,
  alpha: number | undefined,
  { width, height } = { width: 48, height: 32 },
): { data: Uint8Array | Uint16Array; width: number; height: number; channels: 1 | 2 | 3 | 4 } {
  const most = bits === 8 ? 255 : 65_535;
  const pixels = numbers.map((color) =>
    [...color, ...(alpha === undefined ? [] : [alpha])].map((value) =>
      Math.round(Math.min(1, Math.max(0, value)) * most),
    ),
  );
  const channels = pixels[0]?.length;
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4) {
    throw new RangeError(`${channels} channels`);
  }
  const data = new (bits === 8 ? Uint8Array : Uint16Array)(width * height * channels);
  for (let at = 0; at < width * height; at++) {
    const right = at % width >= width / 2 ? 1 : 0;
    const below = Math.floor(at / width) >= height / 2 ? 2 : 0;
    data.set(pixels[right + below] ?? [], at * channels);
  }
  return { data, width, height, channels };
}

/** A PNG of these samples, with chunks before its pixels. */
export async function png(
  numbers: readonly (readonly number[])[],
  bits: 8 | 16,
  alpha: number | undefined,
  ...chunks: readonly Buffer[]
): Promise<Buffer> {
  const { data, ...raw } = samples(numbers, bits, alpha);
  const space = spaceOf(raw.channels, bits);
  const file = await sharp(data, { raw }).toColorspace(space).png().toBuffer();
  return withChunks(file, ...chunks);
}

function spaceOf(channels: number, bits: 8 | 16): string {
  return channels < 3 ? (bits === 8 ? "b-w" : "grey16") : bits === 8 ? "srgb" : "rgb16";
}

export const cicp = (primaries: PrimariesName, transfer: TransferName, full = 1) =>
  chunk("cICP", [PRIMARIES[primaries], TRANSFERS[transfer], 0, full]);

/** The profile chunk of a PNG. */
export const iccp = (profile: Buffer) =>
  chunk("iCCP", Buffer.concat([Buffer.from("icc\0\0", "latin1"), deflateSync(profile)]));

export const gama = (stored: number) => chunk("gAMA", u32(stored));

/** White, red, green, blue: x and y in 1/100,000. */
export const chrm = (points: readonly number[]) => chunk("cHRM", Buffer.concat(points.map(u32)));

export async function avif(
  numbers: readonly (readonly number[])[],
  bitdepth: 8 | 10 | 12,
  alpha: number | undefined,
): Promise<Buffer> {
  const bits = bitdepth === 8 ? 8 : 16;
  const { data, ...raw } = samples(numbers, bits, alpha);
  return sharp(data, { raw })
    .toColorspace(spaceOf(raw.channels, bits))
    .avif({ quality: 95, effort: 0, bitdepth, chromaSubsampling: "4:4:4" })
    .toBuffer();
}

export const nclx = (primaries: number, transfer: number, matrix = 6, full = true) =>
  box(
    "colr",
    Buffer.from("nclx"),
    ...[primaries, transfer, matrix].map((number) => uint(2, number)),
    Buffer.of(full ? 0x80 : 0),
  );

export const prof = (profile: Buffer) => box("colr", Buffer.from("prof"), profile);

/**
 * Adds a property to the first item of an AVIF or HEIC, as a writer would. It supports files of
 * sharp and heif-enc, with one `meta` box before all data and one extent per item.
 */
export function withProperty(file: Buffer, property: Buffer): Buffer {
  const added = property.length + 1;
  const copy = Buffer.from(file);
  const at = (type: string) => copy.indexOf(type, 0, "latin1") - 4;
  const [ipco, ipma, iloc] = [at("ipco"), at("ipma"), at("iloc")];
  const end = (start: number) => start + copy.readUInt32BE(start);
  const index = [...boxesIn(copy.subarray(ipco + 8, end(ipco)))].length + 1;
  // Version and flags, the number of entries, and the first item's id and number of properties.
  const first = ipma + 12 + 4 + 2;
  const associated = copy[first] ?? 0;
  copy[first] = associated + 1;
  for (const [start, more] of [
    [at("meta"), added],
    [at("iprp"), added],
    [ipco, property.length],
    [ipma, 1],
  ] as const) {
    copy.writeUInt32BE(copy.readUInt32BE(start) + more, start);
  }
  // Id, data reference, offset, number of extents, and the offset and length of the one extent.
  for (let entry = iloc + 16, left = copy.readUInt16BE(iloc + 14); left > 0; left--, entry += 18) {
    copy.writeUInt32BE(copy.readUInt32BE(entry + 4) + added, entry + 4);
  }
  const [properties, associations] = [end(ipco) - property.length, first + 1 + associated];
  return Buffer.concat([
    copy.subarray(0, properties),
    property,
    copy.subarray(properties, associations),
    Buffer.of(index),
    copy.subarray(associations),
  ]);
}

/** The samples of four colors. */
export function numbersOf(colors: Quadrants, primaries: PrimariesName, transfer: TransferName) {
  return colors.map((color) => stored(color, primaries, transfer));
}

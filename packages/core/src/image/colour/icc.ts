import type { Colours, Primaries, Transfer } from "../../plan/index.ts";
import { HLG_GAMMA, HLG_PEAK, hlgScene, pqLight, toneMap } from "./tone.ts";

/**
 * A colour profile that says the same as code points: the codec converts by profiles, and by
 * nothing else. PQ and HLG are mapped to SDR in it.
 *
 * ICC.1:2022, https://www.color.org/specification/ICC.1-2022-05.pdf
 *
 * @param grey of a picture without colours: only its curve
 */
export function profileOf(colours: Colours, grey: boolean): Buffer {
  const { transfer } = colours;
  if (grey) return assembled("GRAY", [["kTRC", curveOf(colours)]]);
  const columns = toD50(colours.primaries);
  if (transfer.kind === "hlg") return assembled("RGB ", [["A2B0", hlgTable(colours, columns)]]);
  const curve = curveOf(colours);
  const [red, green, blue] = columns;
  return assembled("RGB ", [
    ["rXYZ", xyz(red)],
    ["gXYZ", xyz(green)],
    ["bXYZ", xyz(blue)],
    ["rTRC", curve],
    ["gTRC", curve],
    ["bTRC", curve],
  ]);
}

/** Entries of a curve: the codec's 16 bits lie on or between them. */
const ENTRIES = 4096;

function curveOf(colours: Colours): Buffer {
  const { transfer, narrow } = colours;
  if (narrow === undefined && transfer.kind === "srgb") {
    return parametric(3, [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045]);
  }
  if (narrow === undefined && transfer.kind === "gamma") return parametric(0, [transfer.gamma]);
  return table(ENTRIES, lightOf(colours));
}

/** What light of SDR, 0 to 1, a number stands for that is the same in all channels. */
export function lightOf(colours: Colours): (signal: number) => number {
  const light = fullRangeLight(colours);
  return (signal) => light(widened(signal, colours.narrow));
}

/** The number, 0 to 1, by which sRGB says a light: IEC 61966-2-1. */
export function srgbNumber(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}

function fullRangeLight(colours: Colours): (signal: number) => number {
  switch (colours.transfer.kind) {
    case "pq": {
      const mapped = toneMap(colours);
      return (signal) => mapped(pqLight(signal));
    }
    case "hlg": {
      const mapped = toneMap(colours);
      return (signal) => mapped(HLG_PEAK * hlgScene(signal) ** HLG_GAMMA);
    }
    default:
      return (signal) => sdrLight(signal, colours.transfer);
  }
}

function sdrLight(signal: number, transfer: Transfer): number {
  switch (transfer.kind) {
    case "gamma":
      return signal ** transfer.gamma;
    case "smpte240":
      return signal < 0.0913 ? signal / 4 : ((signal + 0.1115) / 1.1115) ** (1 / 0.45);
    default:
      return signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4;
  }
}

/** 16 to 235, or as many more as there are bits, to 0 to 1: ITU-T H.273, 8.3. */
function widened(signal: number, narrow: Colours["narrow"]): number {
  if (narrow === undefined) return signal;
  const unit = 2 ** (narrow.bits - 8) / (2 ** narrow.bits - 1);
  return Math.min(1, Math.max(0, (signal / unit - 16) / 219));
}

/** Points a side of a table of colours. */
const GRID = 33;

/**
 * HLG's light on a display depends on all three channels (BT.2100's OOTF), which no curve can say:
 * curves to the scene's light, its square root for even steps; a table of what the display makes of
 * it, again as a root; and from there to SDR's light and to XYZ.
 */
function hlgTable({ primaries, peak, narrow }: Colours, columns: Matrix): Buffer {
  const into = table(ENTRIES, (signal) => Math.sqrt(hlgScene(widened(signal, narrow))));
  const mapped = toneMap(peak === undefined ? {} : { peak });
  const outOf = table(ENTRIES, (root) => mapped(HLG_PEAK * root ** 2));
  const luminance = rgbToXyz(primaries).map(([, y]) => y);
  const lut = Buffer.alloc(20 + GRID ** 3 * 6);
  lut.fill(GRID, 0, 3);
  lut[16] = 2;
  const scene = Array.from({ length: GRID }, (_, at) => (at / (GRID - 1)) ** 2);
  let at = 20;
  for (const red of scene) {
    for (const green of scene) {
      for (const blue of scene) {
        const rgb = [red, green, blue];
        const y = rgb.reduce((sum, light, band) => sum + light * (luminance[band] ?? 0), 0);
        const gain = y === 0 ? 0 : y ** (HLG_GAMMA - 1);
        for (const light of rgb) {
          at = lut.writeUInt16BE(Math.round(Math.sqrt(Math.min(1, light * gain)) * 65_535), at);
        }
      }
    }
  }
  // XYZ in 16 bits: 1.0 is 32,768.
  const scale = 32_768 / 65_535;
  const rows = [0, 1, 2].flatMap((row) => columns.map((column) => (column[row] ?? 0) * scale));
  const matrix = s15([...rows, 0, 0, 0]);
  const identity = parametric(0, [1]);
  const parts = [triple(identity), matrix, triple(outOf), padded(lut), triple(into)];
  const head = Buffer.alloc(32);
  head.write("mAB ", "latin1");
  head.set([3, 3], 8);
  let end = head.length;
  for (const [index, part] of parts.entries()) {
    head.writeUInt32BE(end, 12 + index * 4);
    end += part.length;
  }
  return Buffer.concat([head, ...parts]);
}

const triple = (curve: Buffer) => Buffer.concat([padded(curve), padded(curve), padded(curve)]);

type Vector = readonly [number, number, number];
/** By columns: the XYZ of red, green and blue. */
type Matrix = readonly [Vector, Vector, Vector];

function rgbToXyz(primaries: Primaries): Matrix {
  const [red, green, blue, white] = primaries.map(
    ([x, y]): Vector =>
      y === 0 ? [x === 1 ? 1 : 0, 0, x === 1 ? 0 : 1] : [x / y, 1, (1 - x - y) / y],
  );
  if (!red || !green || !blue || !white) throw new RangeError("four chromaticities");
  const [r, g, b] = times(inverse([red, green, blue]), white);
  return [scaled(red, r), scaled(green, g), scaled(blue, b)];
}

/** Light under D50 as profiles have it, from that under the white of the primaries, by Bradford's method. */
function toD50(primaries: Primaries): Matrix {
  const [x, y] = primaries[3];
  const from = times(BRADFORD, [x / y, 1, (1 - x - y) / y]);
  const to = times(BRADFORD, D50);
  const back = inverse(BRADFORD);
  const adapted = (colour: Vector): Vector => {
    const [l, m, s] = times(BRADFORD, colour);
    return times(back, [(l * to[0]) / from[0], (m * to[1]) / from[1], (s * to[2]) / from[2]]);
  };
  const [red, green, blue] = rgbToXyz(primaries);
  return [adapted(red), adapted(green), adapted(blue)];
}

const D50: Vector = [0.9642, 1, 0.8249];

/** ICC.1:2022, annex E. */
const BRADFORD: Matrix = [
  [0.8951, -0.7502, 0.0389],
  [0.2664, 1.7135, -0.0685],
  [-0.1614, 0.0367, 1.0296],
];

function scaled([x, y, z]: Vector, factor: number): Vector {
  return [x * factor, y * factor, z * factor];
}

function times([a, b, c]: Matrix, [x, y, z]: Vector): Vector {
  const row = (at: 0 | 1 | 2) => a[at] * x + b[at] * y + c[at] * z;
  return [row(0), row(1), row(2)];
}

function inverse([a, b, c]: Matrix): Matrix {
  const [bc, ca, ab] = [cross(b, c), cross(c, a), cross(a, b)];
  const volume = a[0] * bc[0] + a[1] * bc[1] + a[2] * bc[2];
  const [u, v, w] = [scaled(bc, 1 / volume), scaled(ca, 1 / volume), scaled(ab, 1 / volume)];
  return [
    [u[0], v[0], w[0]],
    [u[1], v[1], w[1]],
    [u[2], v[2], w[2]],
  ];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Numbers of 16 bits before and 16 after the point. */
function s15(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) {
    bytes.writeInt32BE(Math.round(value * 65_536), at * 4);
  }
  return bytes;
}

function typed(type: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(`${type}\0\0\0\0`, "latin1"), ...parts]);
}

const xyz = (colour: Vector) => typed("XYZ ", s15(colour));

function parametric(kind: 0 | 3, values: readonly number[]): Buffer {
  return typed("para", Buffer.of(0, kind, 0, 0), s15(values));
}

function table(entries: number, light: (signal: number) => number): Buffer {
  const bytes = Buffer.alloc(4 + entries * 2);
  bytes.writeUInt32BE(entries);
  for (let at = 0; at < entries; at++) {
    const value = Math.min(1, Math.max(0, light(at / (entries - 1))));
    bytes.writeUInt16BE(Math.round(value * 65_535), 4 + at * 2);
  }
  return typed("curv", bytes);
}

function text(words: string): Buffer {
  const bytes = Buffer.alloc(20 + words.length * 2);
  bytes.writeUInt32BE(1);
  bytes.writeUInt32BE(12, 4);
  bytes.write("enUS", 8, "latin1");
  bytes.writeUInt32BE(words.length * 2, 12);
  bytes.writeUInt32BE(28, 16);
  for (const [at, letter] of [...words].entries()) {
    bytes.writeUInt16BE(letter.charCodeAt(0), 20 + at * 2);
  }
  return typed("mluc", bytes);
}

const padded = (part: Buffer) => Buffer.concat([part, Buffer.alloc(-part.length & 3)]);

type Tag = readonly [name: string, data: Buffer];

function assembled(space: "RGB " | "GRAY", own: readonly Tag[]): Buffer {
  const tags: readonly Tag[] = [
    ["desc", text(space === "GRAY" ? "Grey by code points" : "By code points")],
    ["cprt", text("CC0")],
    ["wtpt", xyz(D50)],
    ...own,
  ];
  const head = Buffer.alloc(132 + tags.length * 12);
  // Of a table in version 4 littleCMS takes black for the lightest that ink can be, and subtracts it.
  const tabled = own.some(([name]) => name === "A2B0");
  head.writeUInt32BE(tabled ? 0x02_40_00_00 : 0x04_30_00_00, 8);
  head.write(`mntr${space}XYZ `, 12, "latin1");
  head.write("acsp", 36, "latin1");
  head.set(s15(D50), 68);
  head.writeUInt32BE(tags.length, 128);
  const places = new Map<Buffer, number>();
  let end = head.length;
  for (const [index, [name, data]] of tags.entries()) {
    const at = 132 + index * 12;
    const place = places.get(data) ?? end;
    if (place === end) end += padded(data).length;
    places.set(data, place);
    head.write(name, at, "latin1");
    head.writeUInt32BE(place, at + 4);
    head.writeUInt32BE(data.length, at + 8);
  }
  head.writeUInt32BE(end, 0);
  return Buffer.concat([head, ...[...places.keys()].map(padded)]);
}

import { setImmediate } from "node:timers/promises";
import type { Sharp } from "sharp";
import { type Area, type Colors, isDeepened, type SourceInfo } from "../../plan/index.ts";
import { PIXELS_AT_ONCE, type Pixels, toSamples } from "../decode/pixels.ts";
import { BT709 } from "./code-points.ts";
import { after, inverse, type Matrix, rgbToXyz, toD50 } from "./matrix.ts";
import { HLG_DISPLAY, PQ_PEAK, toneMap } from "./tone.ts";
import { lightOf } from "./transfer.ts";

/**
 * Runs a pipeline with unconverted samples to sRGB pixels of exactly this size. The conversion is
 * done here because no profile can describe it to the codec: the light of HLG depends on all three
 * channels, littleCMS converts more than 8 bits of a steep curve through a table of 33 steps, and
 * libvips ignores some gray profiles.
 */
export async function toSrgbPixels(
  pipeline: Sharp,
  area: Area,
  source: SourceInfo,
  colors: Colors,
): Promise<Pixels> {
  const deep = isDeepened(source);
  // The unpacked form has color channels even if the image is gray.
  const gray = source.bands < 3 && source.format !== "heic" && !source.premultiplied;
  const {
    samples,
    width,
    height,
    channels: bands,
  } = await toSamples(
    pipeline
      // In "b-w", sharp drops alpha.
      .toColorspace(deep ? (gray ? "grey16" : "rgb16") : "srgb")
      .resize({ width: area.width, height: area.height, fit: "fill" }),
    deep ? 16 : 8,
  );
  const alpha = bands === 2 || bands === 4;
  const channels = alpha ? 4 : 3;
  const pixels = width * height;
  const out = Buffer.allocUnsafeSlow(pixels * channels);
  const map = mapping(colors, deep ? 65_536 : 256);
  const [second, third] = bands < 3 ? [0, 0] : [1, 2];
  for (let at = 0; at < pixels; at++) {
    const from = at * bands;
    map(
      samples[from] ?? 0,
      samples[from + second] ?? 0,
      samples[from + third] ?? 0,
      out,
      at * channels,
    );
    if (alpha) {
      const value = samples[from + bands - 1] ?? 0;
      out[at * channels + 3] = deep ? value >> 8 : value;
    }
    if (at % PIXELS_AT_ONCE === PIXELS_AT_ONCE - 1) await setImmediate();
  }
  return { data: out, width, height, channels };
}

type Map3 = (red: number, green: number, blue: number, out: Buffer, at: number) => void;

/** Maps three samples of 0 to `numbers` - 1 to 8-bit sRGB. */
function mapping(colors: Colors, numbers: number): Map3 {
  const { primaries, transfer, narrow } = colors;
  const light = lightOf(transfer);
  const lights = Float32Array.from({ length: numbers }, (_, value) =>
    light(widened(value / (numbers - 1), narrow)),
  );
  const matrix = after(inverse(toD50(BT709)), toD50(primaries));
  switch (transfer.kind) {
    case "pq":
      return hdrMap(lights, () => 1, matrix, colors);
    case "hlg": {
      const [[, redY], [, greenY], [, blueY]] = rgbToXyz(primaries);
      const { peak, gamma } = HLG_DISPLAY;
      // The OOTF of BT.2100: the displayed light of a channel depends on the luminance of all
      // channels.
      const shown = (r: number, g: number, b: number) =>
        (peak / PQ_PEAK) * (redY * r + greenY * g + blueY * b) ** (gamma - 1);
      return hdrMap(lights, shown, matrix, colors);
    }
    default:
      return (red, green, blue, out, at) =>
        put(matrix, lights[red] ?? 0, lights[green] ?? 0, lights[blue] ?? 0, out, at);
  }
}

/**
 * @param shown the factor from linear red, green and blue to display light, in shares of PQ's peak
 */
function hdrMap(
  lights: Float32Array,
  shown: (red: number, green: number, blue: number) => number,
  matrix: Matrix,
  colors: Colors,
): Map3 {
  const tone = toneMap(colors);
  const gainAt = rooted((light) => (light === 0 ? 0 : tone(light * PQ_PEAK) / light));
  return (red, green, blue, out, at) => {
    const [r, g, b] = [lights[red] ?? 0, lights[green] ?? 0, lights[blue] ?? 0];
    const factor = shown(r, g, b);
    const gain = factor * gainAt(factor * Math.max(r, g, b));
    put(matrix, r * gain, g * gain, b * gain, out, at);
  };
}

/** Writes light in the source's primaries as sRGB samples. */
function put([a, b, c]: Matrix, r: number, g: number, bl: number, out: Buffer, at: number): void {
  out[at] = srgb(a[0] * r + b[0] * g + c[0] * bl);
  out[at + 1] = srgb(a[1] * r + b[1] * g + c[1] * bl);
  out[at + 2] = srgb(a[2] * r + b[2] * g + c[2] * bl);
}

const STEPS = 8192;

/** A function of light from 0 to 1 as a table with finer steps in dark values, like vision. */
function rooted(value: (light: number) => number): (light: number) => number {
  const table = Float32Array.from({ length: STEPS }, (_, at) => value((at / (STEPS - 1)) ** 2));
  return (light) => {
    const root = Math.sqrt(Math.min(1, Math.max(0, light)));
    return table[Math.round(root * (STEPS - 1))] ?? 0;
  };
}

/** The sRGB sample, 0 to 255, for light of 0 to 1: IEC 61966-2-1. */
const srgb = rooted((light) =>
  Math.round(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055)),
);

/** Maps the narrow range (16 to 235 for 8 bits) to 0 to 1: ITU-T H.273, 8.3. */
function widened(signal: number, narrow: Colors["narrow"]): number {
  if (narrow === undefined) return signal;
  const unit = 2 ** (narrow.bits - 8) / (2 ** narrow.bits - 1);
  return Math.min(1, Math.max(0, (signal / unit - 16) / 219));
}

import { setImmediate } from "node:timers/promises";
import type { Sharp } from "sharp";
import { type Area, type Colors, isDeepened, type SourceInfo } from "../../plan/index.ts";
import { PIXELS_AT_ONCE, type Pixels, toSamples } from "../decode/pixels.ts";
import { BT709 } from "./code-points.ts";
import { after, inverse, type Matrix, rgbToXyz, toD50 } from "./matrix.ts";
import { HLG_DISPLAY, PQ_PEAK, toneMap } from "./tone.ts";
import { lightOf } from "./transfer.ts";

/**
 * Ends a pipeline, whose numbers are as the source has them, in pixels of exactly this size in sRGB.
 * By us, for no profile says it to the codec: HLG's light depends on all three channels, more than
 * 8 bits of a steep curve go through a table of 33 steps in littleCMS, and libvips passes over some
 * profiles of gray.
 */
export async function mappedPixels(
  pipeline: Sharp,
  area: Area,
  source: SourceInfo,
  colors: Colors,
): Promise<Pixels> {
  const deep = isDeepened(source);
  // What was unpacked has colors even where they are all gray.
  const gray = source.bands < 3 && source.format !== "heic" && !source.premultiplied;
  const {
    samples,
    width,
    height,
    channels: bands,
  } = await toSamples(
    pipeline
      // In "b-w" sharp drops alpha.
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

/** Three numbers of so many to sRGB's of 8 bits. */
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
      // BT.2100's OOTF: how bright a channel is shown depends on the luminance of all.
      const shown = (r: number, g: number, b: number) =>
        (peak / PQ_PEAK) * (redY * r + greenY * g + blueY * b) ** (gamma - 1);
      return hdrMap(lights, shown, matrix, colors);
    }
    default:
      return (red, green, blue, out, at) =>
        put(matrix, lights[red] ?? 0, lights[green] ?? 0, lights[blue] ?? 0, out, at);
  }
}

/** @param shown what light on the display makes of the lights of red, green and blue, in shares of PQ's peak */
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

/** Light of the source's primaries, as sRGB's numbers. */
function put([a, b, c]: Matrix, r: number, g: number, bl: number, out: Buffer, at: number): void {
  out[at] = srgb(a[0] * r + b[0] * g + c[0] * bl);
  out[at + 1] = srgb(a[1] * r + b[1] * g + c[1] * bl);
  out[at + 2] = srgb(a[2] * r + b[2] * g + c[2] * bl);
}

const STEPS = 8192;

/** A function of light, of 0 to 1, from a table whose steps are as fine in the dark as eyes are. */
function rooted(value: (light: number) => number): (light: number) => number {
  const table = Float32Array.from({ length: STEPS }, (_, at) => value((at / (STEPS - 1)) ** 2));
  return (light) => {
    const root = Math.sqrt(Math.min(1, Math.max(0, light)));
    return table[Math.round(root * (STEPS - 1))] ?? 0;
  };
}

/** The number, 0 to 255, by which sRGB says a light of 0 to 1: IEC 61966-2-1. */
const srgb = rooted((light) =>
  Math.round(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055)),
);

/** 16 to 235, or as many more as there are bits, to 0 to 1: ITU-T H.273, 8.3. */
function widened(signal: number, narrow: Colors["narrow"]): number {
  if (narrow === undefined) return signal;
  const unit = 2 ** (narrow.bits - 8) / (2 ** narrow.bits - 1);
  return Math.min(1, Math.max(0, (signal / unit - 16) / 219));
}

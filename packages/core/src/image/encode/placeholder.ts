import sharp from "sharp";
import { rgbaToThumbHash, thumbHashToRGBA } from "thumbhash";
import { type Area, areaPixels, type RasterPlan } from "../../plan/index.ts";
import type { Pixels } from "../decode/pixels.ts";

/** A preview that a page shows until the image is loaded. */
export interface Placeholder {
  /** About 25 bytes in base64, see https://evanw.github.io/thumbhash/. */
  readonly thumbhash: string;
  /** The dominant color: `#rrggbb`. */
  readonly color: string;
}

/**
 * The longest side of the thumbhash's input, in px. A thumbhash keeps seven waves per side. From
 * 100 px, its maximum, it costs 1.4 ms of CPU and from 32 px 0.06 ms; the results differ only in
 * the last bits.
 */
const LOOKED_AT = 32;

/** The raster of a plan from which a placeholder costs least. Each raster is the whole image. */
export function smallestRaster(raster: RasterPlan): RasterPlan {
  return raster.rasters
    .map(smallestRaster)
    .reduce((best, other) => (areaPixels(other) < areaPixels(best) ? other : best), raster);
}

/** The size to which an image is scaled for its placeholder. */
export function placeholderArea({ width, height }: Area): Area {
  const shrink = Math.max(1, Math.max(width, height) / LOOKED_AT);
  const side = (px: number) => Math.max(1, Math.round(px / shrink));
  return { width: side(width), height: side(height) };
}

/** Computes a placeholder from the pixels of a whole image of any size. */
export function placeholderOf(pixels: Pixels): Placeholder {
  const { width, height } = placeholderArea(pixels);
  const rgba = means(pixels, { width, height });
  const hash = rgbaToThumbHash(width, height, rgba);
  return { thumbhash: Buffer.from(hash).toString("base64"), color: dominantColor(rgba) };
}

/** The longest side of a drawn placeholder, px: it has no detail that more would show. */
const DRAWN = 256;

/**
 * Draws a thumbhash as a PNG in the shape of an area, which may be larger than what is drawn.
 *
 * @param thumbhash in base64
 * @param area px
 *
 * @example
 * const png = await drawPlaceholder("WFgKBwwIRniIh3dwh3p4SKd4tgA/BYYA", { width: 1600, height: 900 });
 */
export async function drawPlaceholder(thumbhash: string, area: Area): Promise<Uint8Array> {
  const { w: width, h: height, rgba } = thumbHashToRGBA(Buffer.from(thumbhash, "base64"));
  const shrink = Math.max(1, Math.max(area.width, area.height) / DRAWN);
  const side = (px: number) => Math.max(1, Math.round(px / shrink));
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .resize(side(area.width), side(area.height), { fit: "fill" })
    .png({ palette: true })
    .toBuffer();
}

/** The px per side that are sampled from each pixel's part of the raster: enough for a mean. */
const SAMPLES = 6;

/**
 * Scales the raster to RGBA: each pixel is the mean of its part. libvips is not used, because its
 * pipeline takes 1.5 ms of CPU for any number of px.
 */
function means({ data, width, height, channels }: Pixels, to: Area): Uint8Array {
  const rgba = new Uint8Array(areaPixels(to) * 4);
  const xs = samples(width, to.width);
  const ys = samples(height, to.height);
  for (let at = 0; at < areaPixels(to); at++) {
    let [red, green, blue, weight, count] = [0, 0, 0, 0, 0];
    for (const y of ys[Math.floor(at / to.width)] ?? []) {
      for (const x of xs[at % to.width] ?? []) {
        const from = (y * width + x) * channels;
        const alpha = channels === 4 ? (data[from + 3] ?? 0) : 255;
        red += (data[from] ?? 0) * alpha;
        green += (data[from + 1] ?? 0) * alpha;
        blue += (data[from + 2] ?? 0) * alpha;
        weight += alpha;
        count++;
      }
    }
    const all = Math.max(1, weight);
    rgba.set([red / all, green / all, blue / all, weight / count].map(Math.round), at * 4);
  }
  return rgba;
}

/** For each px of the smaller side, the px of the larger side that are sampled. */
function samples(from: number, to: number): number[][] {
  return Array.from({ length: to }, (_, at) => {
    const start = Math.floor((at * from) / to);
    const span = Math.max(1, Math.floor(((at + 1) * from) / to) - start);
    const count = Math.min(SAMPLES, span);
    return Array.from(
      { length: count },
      (_each, one) => start + Math.floor(((one + 0.5) * span) / count),
    );
  });
}

/** Colors are grouped by this many upper bits of each channel: 512 groups. */
const BITS = 3;

/** The mean of the pixels in the most frequent color group. Transparent pixels do not count. */
function dominantColor(rgba: Uint8Array): string {
  const bins = new Map<number, { weight: number; sums: [number, number, number] }>();
  for (let at = 0; at < rgba.length; at += 4) {
    const [red = 0, green = 0, blue = 0, weight = 0] = rgba.subarray(at, at + 4);
    const shift = 8 - BITS;
    const name = ((red >> shift) << (2 * BITS)) | ((green >> shift) << BITS) | (blue >> shift);
    const bin = bins.get(name) ?? { weight: 0, sums: [0, 0, 0] };
    bin.weight += weight;
    bin.sums[0] += red * weight;
    bin.sums[1] += green * weight;
    bin.sums[2] += blue * weight;
    bins.set(name, bin);
  }
  const [first, ...others] = bins.values();
  if (first === undefined) return "#000000";
  const most = others.reduce((best, bin) => (bin.weight > best.weight ? bin : best), first);
  const hex = most.sums.map((sum) =>
    Math.round(sum / Math.max(1, most.weight))
      .toString(16)
      .padStart(2, "0"),
  );
  return `#${hex.join("")}`;
}

import type { Sharp } from "sharp";
import type { Preset } from "../../recipe/index.ts";
import { fromPixels, PIXELS_AT_ONCE, type Pixels } from "../decode/pixels.ts";
import { encodeAs } from "./encode-as.ts";

/**
 * The largest difference of two neighbors, in steps of 8 bits, that a gradient or grain makes. Edges of
 * drawings differ by more.
 */
const SMALL = 8;

/**
 * A picture is drawn where at least {@link FLAT} of the neighbors are equal, and at most {@link SOFT} of the
 * others differ only a little. Of 31 photographs and 16 screenshots, pages of text, diagrams and logos, each
 * at five widths from 100 to 1280 px: drawn ones have 0.33 or more equal neighbors, pages of less than 320 px
 * 0.20, and 0.59 or less small differences. Photographs with as many equal neighbors have 0.65 or more.
 */
const FLAT = 0.25;
const SOFT = 0.62;

/** So many rows are enough to tell. */
const ROWS = 100;

/**
 * Whether pixels look like a screenshot, a logo or a diagram rather than like a photograph. It reads about
 * 100 rows, fewer of a wide picture: it does not yield to the rest of the program.
 */
export function isDrawn({ data, width, height, channels }: Pixels): boolean {
  const rows = Math.min(ROWS, Math.ceil(PIXELS_AT_ONCE / width));
  const step = Math.max(1, Math.floor(height / rows));
  let [equal, small, total] = [0, 0, 0];
  for (let y = 1; y < height; y += step) {
    for (let x = 1; x < width; x++) {
      const at = (y * width + x) * channels;
      // The left and the upper neighbor: a gradient may have one direction.
      for (const way of [channels, width * channels]) {
        let most = 0;
        // Alpha, the fourth channel, does not count.
        for (let color = at; color < at + 3; color++) {
          const difference = Math.abs((data[color] ?? 0) - (data[color - way] ?? 0));
          if (difference > most) most = difference;
        }
        total++;
        if (most === 0) equal++;
        else if (most <= SMALL) small++;
      }
    }
  }
  return total > 0 && equal >= FLAT * total && small <= SOFT * (total - equal);
}

/**
 * Encodes pixels as suits them, in the format of the preset. Drawn pictures: WebP without loss where that is
 * smaller than with it, and else with sharper colors; PNG with a palette; JPEG with all of its colors.
 *
 * @param finish adds metadata to a pipeline
 */
export async function encodeByContent(
  pixels: Pixels,
  preset: Preset,
  finish: (pipeline: Sharp) => Sharp,
): Promise<Buffer> {
  const encoded = (how = preset) => encodeAs(finish(fromPixels(pixels)), how);
  if (!isDrawn(pixels)) return encoded().toBuffer();
  switch (preset.format) {
    case "webp": {
      const lossy = await encoded().webp({ smartSubsample: true }).toBuffer();
      const exact = await encoded().webp({ lossless: true }).toBuffer();
      return exact.length <= lossy.length ? exact : lossy;
    }
    case "png":
      return encoded({ ...preset, palette: true, effort: PALETTE_EFFORT }).toBuffer();
    case "jpeg":
      return encoded().jpeg({ chromaSubsampling: "4:4:4" }).toBuffer();
    default:
      return encoded().toBuffer();
  }
}

/**
 * The effort for a palette of a drawing: 7 is smaller than 3 by up to a third, and scores higher, for twice the
 * time.
 */
const PALETTE_EFFORT = 7;

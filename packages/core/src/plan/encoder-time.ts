import { areaPixels } from "./area.ts";
import type { RenditionPlan } from "./plan.ts";

/**
 * CPU time of the encoders by effort, s for a megapixel: a photograph of 1280 x 800 px at the default
 * quality, and AVIF at quality 90, from pixels, one thread, sharp 0.35.5. AVIF from effort 4: 512 x 400 px.
 */
const SECONDS = {
  jpeg: [0.02],
  png: [0.07],
  palette: [0.5, 0.5, 0.5, 0.5, 0.8, 1, 1.3, 1.6, 1.8, 2, 2.2],
  webp: [0.04, 0.05, 0.07, 0.11, 0.14, 0.2, 0.26],
  avif: [0.17, 0.4, 1, 1.3, 7, 10, 18, 23, 29, 72],
  gif: [0.7, 0.7, 0.7, 0.7, 1, 1.2, 1.5, 1.8, 2.1, 2.4, 2.8],
} as const;

/** mozjpeg instead of JPEG; and what `encoding: "by-content"` tries on a drawing, at the most. */
const MOZJPEG_SECONDS = 0.14;
const BY_CONTENT_SECONDS = { webp: 0.8, png: 0.4, jpeg: 0.16, avif: 0, gif: 0 } as const;

/**
 * Predicts the CPU time of the encoding of renditions, one after the other, in s.
 *
 * @example
 * encodeSeconds(plan.renditions); // 0.2
 */
export function encodeSeconds(renditions: readonly RenditionPlan[]): number {
  return renditions.reduce((sum, rendition) => {
    const { preset, frames = 1 } = rendition;
    const { format, effort = 0, palette, mozjpeg, encoding } = preset;
    const byEffort = SECONDS[palette ? "palette" : format];
    const asSet = mozjpeg ? MOZJPEG_SECONDS : (byEffort[effort] ?? byEffort.at(-1) ?? 0);
    const looked = encoding === undefined ? 0 : BY_CONTENT_SECONDS[format];
    return sum + Math.max(asSet, looked) * (areaPixels(rendition) / 1e6) * frames;
  }, 0);
}

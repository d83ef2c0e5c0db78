import type { Lane } from "../outcome/index.ts";
import type { Recipe } from "../recipe/index.ts";
import { areaPixels } from "./area.ts";
import { encodeSeconds } from "./encoder-time.ts";
import type { Plan } from "./plan.ts";

/** A 16-bit RGBA px, the widest that is read, twice: for a turned or scaled copy. */
const WIDEST_PIXEL = 2 * 8;

/** The most CPU time that the encoders may take in the small lane, s. */
const ENCODE_SECONDS = 10;

/**
 * The lane for a source of this size in bytes, before anything else is known about it.
 *
 * @example
 * laneByBytes(recipe, 30_000_000); // "large": the default limit is 20 MiB
 */
export function laneByBytes(recipe: Recipe, bytes: number): Lane {
  return bytes > recipe.lanes.smallBytes ? "large" : "small";
}

/**
 * The lane for a plan: a few bytes can contain many pixels.
 *
 * @param smallBudgetBytes the render memory of the small lane, for all jobs at once
 *
 * @example
 * const lane = laneByCost(plan, 512 * 2 ** 20);
 */
export function laneByCost(plan: Plan, smallBudgetBytes: number): Lane {
  return whyTooCostly(plan, smallBudgetBytes) === undefined ? "small" : "large";
}

/**
 * Why a plan is for the large lane; undefined if it is not.
 *
 * One job may take the whole render memory of the small lane. It then runs alone, which is faster
 * than another queue and another machine.
 *
 * A source is also large if all pixels of all its frames would not fit in memory twice, although
 * most formats stream. Time grows with pixels too, and the function's safety must not depend on a
 * codec that never holds a whole image. A PNG of 386 KB and 121 megapixels peaks at a tenth of
 * 1,256 MiB and is still large.
 *
 * So is one whose renditions take {@link ENCODE_SECONDS} to encode: an encoder cannot be interrupted, and
 * the function that delivers has 25 s. The worker has no such limit.
 *
 * @param smallBudgetBytes as in {@link laneByCost}
 *
 * @example
 * whyTooCostly(plan, 512 * 2 ** 20); // "encoding its renditions would take 14 s"
 */
export function whyTooCostly(plan: Plan, smallBudgetBytes: number): string | undefined {
  const frames = Math.max(...plan.renditions.map((rendition) => rendition.frames ?? 1));
  const held = areaPixels(plan.source) * frames * WIDEST_PIXEL;
  if (Math.max(plan.peakBytes, held) > smallBudgetBytes) {
    return `decoding it would take ${Math.ceil(plan.peakBytes / 2 ** 20)} MiB`;
  }
  const seconds = encodeSeconds(plan.renditions);
  return seconds > ENCODE_SECONDS
    ? `encoding its renditions would take ${Math.round(seconds)} s`
    : undefined;
}

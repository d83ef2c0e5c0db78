import type { Lane } from "../outcome/index.ts";
import type { Recipe } from "../recipe/index.ts";
import { areaPixels } from "./area.ts";
import type { Plan } from "./plan.ts";

/** 16 bit RGBA: the widest pixel that is read. */
const WIDEST_PIXEL = 8;

/** The lane for a source of this size, in bytes, before anything else is known of it. */
export function laneByBytes(recipe: Recipe, bytes: number): Lane {
  return bytes > recipe.lanes.smallBytes ? "large" : "small";
}

/**
 * The lane for a plan: a few bytes can hold many pixels.
 *
 * Large is also what would not fit with all its pixels in memory, though most formats stream: time
 * grows with pixels too, and the function's safety must not hang on a codec never holding a whole
 * picture. A PNG of 386 KB and 121 megapixels peaks at a fifth of 600 MiB and yet is large.
 *
 * @param smallBudgetBytes what the small lane has for one job
 */
export function laneByCost(plan: Plan, smallBudgetBytes: number): Lane {
  const held = areaPixels(plan.source) * WIDEST_PIXEL;
  return Math.max(plan.peakBytes, held) > smallBudgetBytes ? "large" : "small";
}

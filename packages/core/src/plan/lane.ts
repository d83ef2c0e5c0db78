import type { Lane } from "../outcome/index.ts";
import type { Recipe } from "../recipe/index.ts";
import { areaPixels } from "./area.ts";
import type { Plan } from "./plan.ts";

/** 16 bit RGBA, the widest pixel that is read, and once more, turned or scaled. */
const WIDEST_PIXEL = 2 * 8;

/** The lane for a source of this size, in bytes, before anything else is known of it. */
export function laneByBytes(recipe: Recipe, bytes: number): Lane {
  return bytes > recipe.lanes.smallBytes ? "large" : "small";
}

/**
 * The lane for a plan: a few bytes can hold many pixels.
 *
 * One job may take all that the small lane has for renders: it then runs alone, which is sooner
 * than another queue and another machine.
 *
 * Large is also what would not fit with all its pixels, of every frame, in memory twice, though most formats stream:
 * time grows with pixels too, and the function's safety must not hang on a codec never holding a
 * whole picture. A PNG of 386 KB and 121 megapixels peaks at a tenth of 1,256 MiB and yet is large.
 *
 * @param smallBudgetBytes what the small lane has for all renders at once
 */
export function laneByCost(plan: Plan, smallBudgetBytes: number): Lane {
  const frames = Math.max(...plan.renditions.map((rendition) => rendition.frames ?? 1));
  const held = areaPixels(plan.source) * frames * WIDEST_PIXEL;
  return Math.max(plan.peakBytes, held) > smallBudgetBytes ? "large" : "small";
}

import type { Lane } from "../outcome/index.ts";
import type { Recipe } from "../recipe/index.ts";
import type { Plan } from "./plan.ts";

/** The lane for a source of this size, in bytes, before anything else is known of it. */
export function laneByBytes(recipe: Recipe, bytes: number): Lane {
  return bytes > recipe.lanes.smallBytes ? "large" : "small";
}

/** The lane for a plan: few bytes can hold many pixels. @param smallBudgetBytes what the small lane has for one job */
export function laneByCost(plan: Plan, smallBudgetBytes: number): Lane {
  return plan.peakBytes > smallBudgetBytes ? "large" : "small";
}

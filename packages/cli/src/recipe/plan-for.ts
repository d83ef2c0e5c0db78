import type { Lane } from "@imagefleet/core/outcome";
import { laneByCost, type Plan, planRenditions, type SourceInfo } from "@imagefleet/core/plan";
import type { Recipe } from "@imagefleet/core/recipe";
import { jobBytes } from "./job-bytes.ts";

/** The plan that the fleet would follow, with its lane. */
export function planFor(
  lane: Lane,
  info: SourceInfo,
  recipe: Recipe,
  key: string,
): { lane: Lane; plan: Plan } {
  const budget = jobBytes(recipe);
  const plan = planRenditions(info, recipe, key, budget[lane]);
  if (lane === "large" || laneByCost(plan, budget.small) === "small") return { lane, plan };
  return { lane: "large", plan: planRenditions(info, recipe, key, budget.large) };
}

import type { RecipeInput } from "@imagefleet/core/recipe";
import shipped from "@imagefleet/workspace/recipe";

/** The presets of a job: one thumbnail, the shipped recipe, all pixels, an animation. */
export const PRESETS = {
  thumb: { thumb: { size: "100w", format: "jpeg" } },
  shipped: Object.fromEntries(
    shipped.presets.map(({ name, width, height, fit, format }) => [
      name,
      { ...(width && { width }), ...(height && { height }), fit, format },
    ]),
  ),
  "full size": { compress: { format: "jpeg" } },
  animated: { moving: { size: "320w", format: "webp", animated: true } },
} as const satisfies Record<string, RecipeInput["presets"]>;
export type Presets = keyof typeof PRESETS;
export const ASKED_NAMES = ["thumb", "shipped", "full size", "animated"] as const;

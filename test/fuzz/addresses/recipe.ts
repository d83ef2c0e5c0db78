import { defineRecipe } from "@imagefleet/core/recipe";

/** Small sources are over the function's limits in bytes, and need the large lane. */
export const SMALL_LANE_BYTES = 20_000;

export default defineRecipe({
  presets: {
    thumb: { size: "16x16", fit: "cover", format: "png" },
    hero: { widths: [20, 40], formats: ["webp", "jpeg"], when: "request" },
  },
  lanes: { smallBytes: SMALL_LANE_BYTES },
});

/** By label, the extensions of its formats, as docs/recipe.md promises them for this recipe. */
export const LABELS = {
  thumb: ["png"],
  "hero-20w": ["webp", "jpg"],
  "hero-40w": ["webp", "jpg"],
} as const;

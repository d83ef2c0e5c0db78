import { defineRecipe } from "@imagefleet/core/recipe";
import { MOST_PIXELS, SMALL_LANE_BYTES } from "./sources/index.ts";

/**
 * Cheap presets with several widths. A source's size determines how many it gives, so that an overwrite
 * may leave some behind.
 */
export default defineRecipe({
  presets: {
    hero: { widths: [8, 16, 24], formats: ["jpeg"] },
    thumb: { size: "8x8", fit: "cover", format: "png" },
  },
  limits: { pixels: MOST_PIXELS },
  lanes: { smallBytes: SMALL_LANE_BYTES },
});

import { defineRecipe } from "@imagefleet/core/recipe";
import { MOST_PIXELS, SMALL_LANE_BYTES } from "./sources/index.ts";

/**
 * Cheap presets with several widths. A source's size determines how many it gives, so that an overwrite
 * may leave some behind. Caches keep renditions for a few seconds, so that a picture that is shown for
 * longer is found in a short run.
 */
export default defineRecipe({
  presets: {
    hero: { widths: [8, 16, 24], formats: ["jpeg"] },
    late: { widths: [8, 16], formats: ["webp", "jpeg"], when: "request" },
    thumb: { size: "8x8", fit: "cover", format: "png" },
  },
  output: { cacheControl: "public, max-age=2, stale-while-revalidate=1, stale-if-error=2" },
  limits: { pixels: MOST_PIXELS },
  lanes: { smallBytes: SMALL_LANE_BYTES },
});

import { defineRecipe } from "@imagefleet/core/recipe";
import { BYTE_GATE, MOST_PIXELS } from "./sources/index.ts";

/**
 * Cheap to make, and yet with what can go wrong: several widths, of which a source gives more or
 * fewer by its size, so that an overwrite may leave some behind.
 */
export default defineRecipe({
  presets: {
    hero: { widths: [8, 16, 24], formats: ["jpeg"] },
    thumb: { size: "8x8", fit: "cover", format: "png" },
  },
  limits: { pixels: MOST_PIXELS },
  lanes: { smallBytes: BYTE_GATE },
});

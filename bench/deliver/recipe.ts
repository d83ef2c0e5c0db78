import { defineRecipe } from "@imagefleet/core/recipe";

/** px */
export const WIDTH = 640;

/** The renditions that are measured, and one that is made at the upload, as a recipe must have. */
export default defineRecipe({
  presets: {
    thumb: "150x150",
    hero: {
      size: `${WIDTH}x`,
      formats: ["webp", "avif", "jpeg"],
      effort: { webp: 2, avif: 2 },
      quality: { webp: 78, avif: 55 },
      when: "request",
    },
    // With the effort of Next.js, and the quality that gives the SSIM of the other preset with it.
    slow: {
      size: `${WIDTH}x`,
      formats: ["webp", "avif"],
      effort: { webp: 4, avif: 3 },
      quality: { webp: 77, avif: 52 },
      when: "request",
    },
  },
});

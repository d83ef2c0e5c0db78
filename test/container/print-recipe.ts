import { defineRecipe } from "@imagefleet/core/recipe";

/**
 * Renditions as large as their source of 60 megapixels: encoded side by side they take more than 4 GiB
 * where it has alpha, the largest alone 2.5 at most.
 */
export default defineRecipe({
  presets: {
    print: { size: "10000w", format: "avif", quality: 95, effort: 0 },
    poster: {
      size: "10000w",
      formats: ["avif", "jpeg"],
      quality: { avif: 90 },
      effort: { avif: 0 },
    },
  },
});

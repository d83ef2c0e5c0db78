import { defineRecipe } from "@imagefleet/core/recipe";

/**
 * Renditions of the size of a source of 60 megapixels. With alpha, encoding them concurrently takes more
 * than 4 GiB, and the largest alone at most 2.5 GiB.
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

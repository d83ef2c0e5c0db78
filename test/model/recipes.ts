import { defineRecipe, type Recipe } from "@imagefleet/core/recipe";

const lanes = { smallBytes: 60 };

/**
 * Deployed in any order while others still run. Between them: a preset that comes and goes, one that
 * keeps its key and changes, widths whose keys depend on the source's size, two formats.
 */
export const RECIPES: readonly Recipe[] = [
  defineRecipe({ lanes, presets: { thumb: "10x10", hero: { widths: [20, 100] } } }),
  defineRecipe({ lanes, presets: { thumb: "12x12", extra: { size: "5x5", format: "jpeg" } } }),
  defineRecipe({
    lanes,
    presets: { thumb: "10x10", hero: { widths: [20], formats: ["webp", "avif"] } },
  }),
];

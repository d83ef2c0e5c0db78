import { defineRecipe, type Recipe } from "@imagefleet/core/recipe";

const lanes = { smallBytes: 60 };

/**
 * Recipes that are deployed in any order while programs of another one run. They differ in a preset
 * that only one has, a preset that changes under the same key, widths whose keys depend on the
 * source's size, formats, and in what is made on request.
 */
export const RECIPES: readonly Recipe[] = [
  defineRecipe({
    lanes,
    presets: { thumb: "10x10", hero: { widths: [20, 100] }, tail: onRequest("7x7") },
  }),
  defineRecipe({
    lanes,
    presets: { thumb: "12x12", extra: { size: "5x5", format: "jpeg" }, tail: onRequest("8x8") },
  }),
  defineRecipe({
    lanes,
    presets: {
      thumb: "10x10",
      hero: { widths: [20], formats: ["avif", "webp"], when: "request" },
      tail: "7x7",
    },
  }),
];

function onRequest(size: "7x7" | "8x8") {
  return { size, when: "request" } as const;
}

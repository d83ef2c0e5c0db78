import { defineRecipe, type Recipe } from "@imagefleet/core/recipe";

/** Each form of a key that a recipe may have. */
export const RECIPES: readonly Recipe[] = [
  defineRecipe({
    delivery: { classic: true },
    presets: {
      thumb: "150x",
      box: { size: "360x270", fit: "cover", formats: ["webp", "jpeg"] },
      tall: { size: "480h", format: "png" },
      hero: { widths: [400, 800], formats: ["avif", "webp", "jpeg"] },
      "thumb.png": { format: "gif" },
    },
  }),
  defineRecipe({
    source: { prefix: "in/" },
    output: { prefix: "out put/ü+", key: "r/{path}/i-{preset}.{ext}" },
    presets: { a: "1w", "b.a": { formats: ["avif", "png"] }, auto: { format: "jpeg" } },
  }),
  defineRecipe({
    output: { key: "{ext}/{preset}{ext}{preset}/{path}" },
    presets: {
      a: { widths: [1, 12], formats: ["avif", "webp", "jpeg", "png", "gif"] },
      "a-1": { widths: [2] },
      jpg: "3w",
    },
  }),
  defineRecipe({
    delivery: { manifests: true },
    output: { key: "{path}.{ext}" },
    presets: { only: { formats: ["gif", "webp", "avif"] } },
  }),
  defineRecipe({
    delivery: {
      classic: true,
      adhoc: { maxWidth: 400, maxHeight: 300, formats: ["avif", "webp", "jpeg"] },
    },
    output: { key: "k$&/{preset}/{path}" },
    presets: { a: "9w", b: { size: "9w", format: "png" }, c: "8h" },
  }),
  defineRecipe({
    delivery: { manifests: true },
    source: { prefix: "in/" },
    output: { prefix: "out/", key: "k/{path}.webp" },
    presets: { only: { format: "webp" } },
  }),
];

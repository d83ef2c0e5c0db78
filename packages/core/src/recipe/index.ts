export { defineRecipe, parseRecipe } from "./define.ts";
export { RecipeError } from "./error.ts";
export { whyNotASource } from "./filter.ts";
export { presetFingerprint, recipeFingerprint, rejectionFingerprint } from "./fingerprint.ts";
export {
  CONTENT_TYPES,
  EFFORTS,
  EXTENSIONS,
  FITS,
  type Fit,
  GRAVITIES,
  type Gravity,
  type Keep,
  OUTPUT_FORMATS,
  type OutputFormat,
  type Preset,
  presetLabel,
  type Recipe,
  WHENS,
} from "./recipe.ts";
export { refuseRecursion } from "./recursion.ts";
export type { RecipeInput } from "./schema.ts";
export { MAX_SIDE, parseSize, type Size } from "./size.ts";
export { fillTemplate, fitsTemplate, MANIFEST_FOLDER } from "./template.ts";

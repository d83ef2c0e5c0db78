import { defineRecipe } from "@imagefleet/core/recipe";

/** The ladder of `bench resize`: three widths, JPEG. */
export default defineRecipe({
  presets: {
    small: { size: "150w", format: "jpeg", quality: 85 },
    medium: { size: "400w", format: "jpeg", quality: 85 },
    large: { size: "800w", format: "jpeg", quality: 85 },
  },
});

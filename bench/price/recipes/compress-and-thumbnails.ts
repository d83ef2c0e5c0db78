import { defineRecipe } from "@imagefleet/core/recipe";

/** The whole picture as WebP, and three thumbnails in boxes, as JPEG. */
export default defineRecipe({
  presets: {
    compressed: { format: "webp", quality: 80 },
    small: { size: "150x150", format: "jpeg", quality: 85 },
    medium: { size: "300x300", format: "jpeg", quality: 85 },
    large: { size: "600x600", format: "jpeg", quality: 85 },
  },
});

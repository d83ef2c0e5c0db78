import { defineRecipe } from "@imagefleet/sst/recipe";

export default defineRecipe({
  presets: {
    list: { size: "320x320", fit: "cover" },
    page: { widths: [640, 1280], formats: ["avif", "webp", "jpeg"] },
  },
});

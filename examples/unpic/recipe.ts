import { defineRecipe } from "@imagefleet/client";

export default defineRecipe({
  delivery: { manifests: true },
  presets: {
    thumb: { size: "150x150", fit: "cover" },
    hero: { widths: [400, 800, 1280], formats: ["avif", "webp", "jpeg"] },
  },
});

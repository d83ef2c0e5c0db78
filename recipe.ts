import { defineRecipe } from "@imagefleet/core/recipe";

/**
 * What is made of every uploaded picture. Edit, save, `npm start`.
 *
 * A size is "360x270" (a box), "640w" or "150x" (a width), "480h" or "x150" (a height), in px.
 * Nothing is enlarged unless a preset says `enlarge: true`.
 */
export default defineRecipe({
  presets: {
    // Square and cropped: avatars, grids, product lists.
    thumb: { size: "150x150", fit: "cover" },
    card: { size: "360x270", fit: "cover" },

    // Responsive sizes for `srcset`. One name for all, in several formats:
    //   hero: { widths: [400, 800, 1280], formats: ["avif", "webp", "jpeg"] },
    small: "400w",
    medium: "800w",
    large: "1280w",

    // For mail, feeds and link previews, where only JPEG is safe.
    share: { size: "1200x630", fit: "cover", format: "jpeg" },
  },
});

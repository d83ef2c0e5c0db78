import { defineRecipe } from "@imagefleet/core/recipe";

/**
 * AVIF shows in 19 of 20 browsers, and has the fewest bytes. JPEG is made when one of the others first asks
 * for it. Both look as good as WebP of quality 78: docs/adr/035-encoder-defaults.md.
 */
const photo = {
  formats: ["avif", "jpeg"],
  quality: { avif: 58, jpeg: 73 },
  when: { jpeg: "request" },
} as const;

/**
 * What is made of every uploaded picture. Edit, save, `npm start`.
 *
 * A size is "360x270" (a box), "640w" or "150x" (a width), "480h" or "x150" (a height), in px.
 * Nothing is enlarged unless a preset says `enlarge: true`.
 */
export default defineRecipe({
  presets: {
    // Square and cropped: avatars, grids, product lists.
    thumb: { size: "150x150", fit: "cover", ...photo },
    card: { size: "360x270", fit: "cover", ...photo },

    // Responsive sizes. `widths` makes one preset of all for `srcset`:
    //   hero: { widths: [400, 800, 1280], ...photo },
    small: { size: "400w", ...photo },
    medium: { size: "800w", ...photo },
    large: { size: "1280w", ...photo },

    // For mail, feeds and link previews, where only JPEG is safe.
    share: { size: "1200x630", fit: "cover", format: "jpeg" },
  },
});

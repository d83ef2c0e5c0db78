import { defineRecipe } from "@imagefleet/core/recipe";

/** AVIF has the fewest bytes. JPEG is made when a browser without AVIF first asks for it. */
const photo = { formats: ["avif", "jpeg"], when: { jpeg: "request" } } as const;

/**
 * What is made of every uploaded picture. Edit, save, `npm start`.
 *
 * A size is "360x270" (a box), "640w" or "150x" (a width), "480h" or "x150" (a height), in px.
 * Nothing is enlarged unless a preset says `enlarge: true`.
 */
export default defineRecipe({
  presets: {
    // All look as good as WebP of quality 78, with a fifth fewer bytes: docs/adr/035-encoder-defaults.md.
    // `imagefleet tune` finds what suits your pictures.

    // Square and cropped: avatars, grids, product lists.
    thumb: { size: "150x150", fit: "cover", ...photo, quality: { avif: 60, jpeg: 75 } },
    card: { size: "360x270", fit: "cover", ...photo, quality: { avif: 57, jpeg: 73 } },

    // Responsive sizes. One preset can have all of them, for `srcset`:
    //   hero: { widths: [400, 800, 1280], ...photo },
    small: { size: "400w", ...photo, quality: { avif: 57, jpeg: 73 } },
    medium: { size: "800w", ...photo, quality: { avif: 56, jpeg: 71 } },
    large: { size: "1280w", ...photo, quality: { avif: 56, jpeg: 71 } },

    // For mail, feeds and link previews, where only JPEG is safe.
    share: { size: "1200x630", fit: "cover", format: "jpeg" },
  },
});

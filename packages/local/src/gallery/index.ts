export { GALLERY, Gallery } from "./gallery.ts";

import { extname } from "node:path";

/**
 * What is taken from a folder, by name. Some of these the fleet cannot read: that a person's HEIC is
 * rejected with its reason tells more than that it was passed over.
 */
export const IMAGE_EXTENSIONS: readonly string[] = [
  "jpg",
  "jpeg",
  "jpe",
  "jfif",
  "png",
  "webp",
  "avif",
  "gif",
  "tif",
  "tiff",
  "heic",
  "heif",
  "bmp",
  "svg",
];

export function isImageName(name: string): boolean {
  return IMAGE_EXTENSIONS.includes(extname(name).slice(1).toLowerCase());
}

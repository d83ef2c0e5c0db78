import { extname } from "node:path";

/**
 * The extensions of the files that are taken from a folder. The fleet cannot read all of them, but a
 * rejection with a reason is more helpful than a skipped file.
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

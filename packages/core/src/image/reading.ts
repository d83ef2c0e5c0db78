import sharp, { type Sharp } from "sharp";
import type { Area } from "../plan/index.ts";
import type { ImageInput } from "./input.ts";

/**
 * A pipeline that reads a source, upright.
 *
 * `failOn` has four levels, each with what those before it have. "none": what is missing is filled
 * with grey. "truncated": a file that ends early is an error. "error": so is data that makes no
 * sense. "warning": so is what every viewer shows without a word, such as stray bytes between two
 * scans. What cannot be told at any level is a JPEG, WebP or TIFF with damage inside sound framing.
 *
 * @param seen the size that the probe saw: bytes that say one to it and a larger one to the
 *   decoder are stopped. Without it, nothing but the header may be read.
 * @param how `frames`: so many of an animation, one below the other; `asIs`: colours in the
 *   source's own profile rather than in sRGB
 */
export function reading(
  input: ImageInput,
  seen?: Area,
  { frames = 1, asIs = false }: { readonly frames?: number; readonly asIs?: boolean } = {},
): Sharp {
  return sharp(input.kind === "bytes" ? input.bytes : input.path, {
    autoOrient: true,
    failOn: "error",
    limitInputPixels: seen === undefined ? false : seen.width * seen.height * frames,
    ...(frames > 1 && { pages: frames }),
    ...(asIs && { ignoreIcc: true }),
  });
}

import sharp, { type Sharp } from "sharp";
import type { Area, SourceInfo } from "../../plan/index.ts";
import type { ImageInput } from "../input.ts";

/** What the probe saw of a source. */
type Seen = Area & Pick<SourceInfo, "drawnWidth" | "page" | "subifd" | "tiled">;

/** The most samples a px that are asked for: of TIFF, whose extra ones can be many. */
export const MOST_SAMPLES = 64;

interface How {
  readonly frames?: number;
  readonly asIs?: boolean;
  readonly asStored?: boolean;
  readonly page?: number;
  readonly subifd?: number;
  readonly failOn?: FailOn;
}

/**
 * At what an error is made of a picture, each with what those before it have. "none": what is
 * missing is filled with gray or black. "truncated": a file that ends early is an error. "error": so
 * is data that makes no sense. "warning": so is what every viewer shows without a word, such as
 * stray bytes between two scans. No level detects a JPEG, WebP or TIFF with
 * damage inside sound framing.
 */
export type FailOn = "none" | "error" | "warning";

/**
 * A pipeline that reads a source, upright.
 *
 * @param seen the size that the probe saw: bytes that say one to it and a larger one to the
 *   decoder are stopped. Without it, nothing but the header may be read.
 * @param how `frames`: so many of an animation, one below the other; `asIs`: colors in the
 *   source's own profile rather than in sRGB; `asStored`: not turned upright, and with samples beyond
 *   color and alpha; `page`, from 0, and `subifd`, below that page: where the picture is, as the
 *   probe saw it by default; `failOn`: default "error"
 */
export function openImage(
  input: ImageInput,
  seen?: Seen,
  { frames = 1, asIs = false, asStored = false, failOn = "error", ...place }: How = {},
): Sharp {
  const { page, subifd } = { ...seen, ...place };
  const density = seen?.drawnWidth && densityOf(seen.width / seen.drawnWidth);
  return sharp(input.kind === "bytes" ? input.bytes : input.path, {
    autoOrient: !asStored,
    ...(asStored && { limitInputChannels: MOST_SAMPLES }),
    // Of tiles, libvips passes over errors, and libtiff's warnings count for nothing.
    failOn: seen?.tiled && failOn === "error" ? "warning" : failOn,
    limitInputPixels: seen === undefined ? false : mostPixels(seen) * frames,
    ...(frames > 1 && { pages: frames }),
    ...(asIs && { ignoreIcc: true }),
    ...(density && { density }),
    ...(page !== undefined && { page }),
    ...(subifd !== undefined && { tiff: { subifd } }),
  });
}

/** The density for sharp, whose default is 72 px an inch, from 1 to 100,000. */
function densityOf(scale: number): number {
  return Math.min(100_000, Math.max(1, 72 * scale));
}

/** A drawing's sides are rounded by the decoder: at most by a px each. */
function mostPixels({ width, height, drawnWidth }: Seen): number {
  return drawnWidth === undefined ? width * height : (width + 2) * (height + 2);
}

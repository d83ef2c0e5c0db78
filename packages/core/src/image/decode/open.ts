import sharp, { type Sharp } from "sharp";
import type { Area, SourceInfo } from "../../plan/index.ts";
import type { ImageInput } from "../input.ts";

/** The parts of the probe's result that opening a source needs. */
type Probed = Area & Pick<SourceInfo, "drawnWidth" | "page" | "subifd" | "tiled">;

/** The maximum number of samples per px. A TIFF can have many extra samples. */
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
 * The problems that cause an error; each level includes those before it. "none": missing data is
 * filled with gray or black. "truncated": a file that ends early is an error. "error": so is
 * invalid data. "warning": so is data that every viewer accepts silently, such as stray bytes
 * between two scans. No level detects a JPEG, WebP or TIFF with damage inside intact framing.
 */
export type FailOn = "none" | "error" | "warning";

/**
 * Opens a pipeline that reads a source, upright.
 *
 * @param probed the size that the probe read. It stops files that show one size to the probe and a
 *   larger one to the decoder. Without it, only the header may be read.
 * @param how `frames`: the number of frames of an animation, one below the other; `asIs`: colors in
 *   the source's own profile instead of sRGB; `asStored`: not turned upright, and with samples
 *   beyond color and alpha; `page`, from 0, and `subifd`, below that page: where the image is, by
 *   default as the probe found it; `failOn`: default "error"
 */
export function openImage(
  input: ImageInput,
  probed?: Probed,
  { frames = 1, asIs = false, asStored = false, failOn = "error", ...place }: How = {},
): Sharp {
  const { page, subifd } = { ...probed, ...place };
  const density = probed?.drawnWidth && densityOf(probed.width / probed.drawnWidth);
  return sharp(input.kind === "bytes" ? input.bytes : input.path, {
    autoOrient: !asStored,
    ...(asStored && { limitInputChannels: MOST_SAMPLES }),
    // For tiles, libvips ignores errors unless warnings count as errors.
    failOn: probed?.tiled && failOn === "error" ? "warning" : failOn,
    limitInputPixels: probed === undefined ? false : mostPixels(probed) * frames,
    ...(frames > 1 && { pages: frames }),
    ...(asIs && { ignoreIcc: true }),
    ...(density && { density }),
    ...(page !== undefined && { page }),
    ...(subifd !== undefined && { tiff: { subifd } }),
  });
}

/** The density for sharp, from 1 to 100,000. The default of sharp is 72 px per inch. */
function densityOf(scale: number): number {
  return Math.min(100_000, Math.max(1, 72 * scale));
}

/** The decoder rounds the sides of a drawing, by at most one px each. */
function mostPixels({ width, height, drawnWidth }: Probed): number {
  return drawnWidth === undefined ? width * height : (width + 2) * (height + 2);
}

import { MOST_SAMPLES } from "../../decode/open.ts";
import type { Layout } from "./layout.ts";

/** The reader of an image: the codec, the codec with repacked samples, or none, with the reason. */
export type Reader =
  | { readonly by: "codec" | "repacking" }
  | { readonly by: "none"; readonly what: string };

const JPEG = 7;

/** libjpeg-turbo finds only the first four components of a frame, in any scan (`get_sos`, jdmarker.c). */
const MOST_JPEG_SAMPLES = 4;

/**
 * The compressions that sharp's libtiff supports. It reports any other too late, when pixels are
 * read, and reads tiles of it as black, without an error.
 */
const READ = [1, 2, 3, 4, 5, JPEG, 8, 32766, 32771, 32773, 32809, 32946, 50001];

const COMPRESSION_NAMES: Readonly<Record<number, string>> = {
  6: "old-style JPEG",
  9: "JBIG",
  10: "JBIG",
  32909: "PixarLog",
  33003: "JPEG 2000",
  33005: "JPEG 2000",
  34661: "JBIG",
  34663: "JBIG2",
  34676: "SGILog",
  34677: "SGILog",
  34712: "JPEG 2000",
  34887: "LERC",
  34892: "the lossy JPEG of raw images",
  34925: "LZMA",
  34926: "ZSTD",
  50000: "ZSTD",
  50002: "JPEG XL",
  52546: "JPEG XL",
};

const COLOR_NAMES: Readonly<Record<number, string>> = {
  0: "gray",
  1: "gray",
  2: "RGB",
  3: "palette",
  4: "mask",
  5: "CMYK",
  6: "YCbCr",
  8: "CIELAB",
  9: "ICCLAB",
  10: "ITULAB",
  32803: "camera sensor (CFA)",
  32844: "LogL",
  32845: "LogLuv",
  34892: "linear camera sensor",
  51177: "depth",
};

/**
 * Decides which reader an image needs, before the codec opens it.
 *
 * @param turnedAbove whether another directory specifies the rotation, which the codec ignores
 */
export function readerOf(
  layout: Layout,
  { turnedAbove }: { readonly turnedAbove: boolean },
): Reader {
  const what = unsupportedProperty(layout);
  if (what !== undefined) return { by: "none", what };
  if (isForCodec(layout) && !turnedAbove) return { by: "codec" };
  return isRepacked(layout) ? { by: "repacking" } : { by: "none", what: inFull(layout) };
}

/** The properties that alone make an image unsupported. */
function unsupportedProperty(layout: Layout): string | undefined {
  const {
    unsupportedSamples,
    photometric,
    colors,
    bits,
    compression,
    planar,
    tiled,
    premultiplied,
  } = layout;
  if (colors === undefined) {
    if (photometric === 5) return "a TIFF in inks other than CMYK";
    return `a TIFF of ${COLOR_NAMES[photometric] ?? `color space ${photometric}`} samples`;
  }
  if (unsupportedSamples !== undefined) return `a TIFF of ${unsupportedSamples}`;
  if (![1, 2, 4, 8, 16].includes(bits)) return `a TIFF of ${bits} bit samples`;
  if (!READ.includes(compression)) {
    return `a TIFF compressed with ${COMPRESSION_NAMES[compression] ?? `method ${compression}`}`;
  }
  if (premultiplied && !isDivided(layout)) return `${inFull(layout)}, multiplied by alpha`;
  if (planar && tiled) return "a TIFF in tiles of one channel each";
  if (compression !== JPEG) return undefined;
  const { samples, inks } = layout;
  // libvips decodes JPEG tiles itself, as gray, RGB, CMYK or YCbCr.
  if (tiled && (samples > inks || colors === "palette")) return `${inFull(layout)}, in tiles`;
  return samples > MOST_JPEG_SAMPLES && !planar ? inFull(layout) : undefined;
}

/** Whether the codec divides the colors by alpha, correctly. */
function isDivided({ colors, bits }: Layout): boolean {
  return colors === "rgb" || colors === "black" || (colors === "cmyk" && bits === 8);
}

/**
 * Whether sharp, with libvips and libtiff, shows the right colors. This was tested with all layouts
 * that the tests generate. sharp treats every extra sample as alpha.
 */
function isForCodec(layout: Layout): boolean {
  const { colors, bits, inks, samples, alpha, compression, planar, jfif } = layout;
  const clear = samples > inks;
  if (samples < inks || samples > inks + 1 || (clear && alpha === undefined)) return false;
  const whole = bits === 8 || (bits === 16 && compression !== JPEG);
  switch (colors) {
    case "white":
    case "black":
    case "palette":
      return whole ? !(planar && clear) : !clear && !planar;
    case "rgb":
      return whole;
    case "cmyk":
      return whole && !(bits === 16 && clear);
    case "ycbcr":
      return compression === JPEG && !clear && !planar && jfif;
    case "cielab":
      return bits === 16 && !clear && !planar;
    default:
      return false;
  }
}

/** Whether the codec returns the samples as they are stored. */
function isRepacked({
  colors,
  bits,
  inks,
  samples,
  alpha,
  compression,
  planar,
  subsampled,
}: Layout): boolean {
  const whole = bits === 8 || (bits === 16 && compression !== JPEG);
  if (!whole || samples < inks || samples > MOST_SAMPLES) return false;
  switch (colors) {
    case "ycbcr":
      return bits === 8 && samples === inks && !subsampled && compression !== JPEG;
    case "cielab":
    case "icclab":
      return alpha === undefined && compression !== JPEG;
    case "rgb":
    case "cmyk":
      return true;
    default:
      return colors !== "palette" && !planar;
  }
}

function inFull({
  photometric,
  bits,
  inks,
  samples,
  planar,
  subsampled,
  compression,
  jfif,
}: Layout): string {
  const more = samples - inks;
  return [
    `a TIFF of ${bits} bit ${COLOR_NAMES[photometric]} samples`,
    ...(more > 0 ? [` and ${more} more`] : []),
    ...(photometric === 6 && subsampled ? [" at part of the resolution"] : []),
    ...(planar ? [" in planes"] : []),
    ...(compression === JPEG ? [" in JPEG"] : []),
    ...(compression === JPEG && photometric === 6 && !jfif
      ? [", with a conversion to RGB other than JFIF's"]
      : []),
  ].join("");
}

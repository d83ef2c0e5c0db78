import { type Directory, one } from "./directory.ts";
import { isJfif } from "./ycbcr.ts";

type Colors = "white" | "black" | "rgb" | "palette" | "cmyk" | "ycbcr" | "cielab" | "icclab";

/** How a TIFF stores its image, according to its tags. */
export interface Layout {
  /** In px as stored: the orientation is not applied. */
  readonly width: number;
  /** In px as stored: the orientation is not applied. */
  readonly height: number;
  readonly photometric: number;
  /** Undefined for a color space that is not supported. */
  readonly colors: Colors | undefined;
  /** Bits per sample. */
  readonly bits: number;
  /** The color samples per px. Any others are extra samples. */
  readonly inks: number;
  /** All samples per px. */
  readonly samples: number;
  /** The index of the alpha sample. */
  readonly alpha: number | undefined;
  /** Whether the colors are premultiplied by alpha. */
  readonly premultiplied: boolean;
  readonly compression: number;
  /** Whether each sample is stored in its own plane. */
  readonly planar: boolean;
  readonly tiled: boolean;
  /** For YCbCr: whether px share chroma samples. */
  readonly subsampled: boolean;
  /** YCbCr: do its tags specify JFIF's conversion to RGB? */
  readonly jfif: boolean;
  /** The sample format if it is not unsigned integers of one size. */
  readonly unsupportedSamples: string | undefined;
  /** The EXIF orientation, 1 to 8; undefined if it is not specified. */
  readonly orientation: number | undefined;
}

const COLORS: Readonly<Record<number, Colors>> = {
  0: "white",
  1: "black",
  2: "rgb",
  3: "palette",
  5: "cmyk",
  6: "ycbcr",
  8: "cielab",
  9: "icclab",
};

const INKS: Readonly<Record<Colors, number>> = {
  white: 1,
  black: 1,
  rgb: 3,
  palette: 1,
  cmyk: 4,
  ycbcr: 3,
  cielab: 3,
  icclab: 3,
};

const INKSET_CMYK = 1;
const ASSOCIATED = 1;
const UNASSOCIATED = 2;

/** Tags whose values are required if the tag is present. */
const NEEDED = [258, 259, 262, 277, 284, 338, 339, 530];

/**
 * Reads the tags of an image. The result is undefined if they do not describe one: the codec
 * reports the problem.
 */
export function layoutOf(directory: Directory): Layout | undefined {
  const number = (tag: number, otherwise: number) => one(directory, tag) ?? otherwise;
  const [width, height] = [number(256, 0), number(257, 0)];
  const photometric = one(directory, 262);
  const unreadable = NEEDED.some((tag) => directory.places.has(tag) && !directory.numbers.has(tag));
  if (width === 0 || height === 0 || photometric === undefined || unreadable) return undefined;
  const colors = colorsOf(directory, photometric);
  const samples = number(277, 1);
  const inks = colors === undefined ? samples : INKS[colors];
  // The default of the specification is 2 x 2. A JPEG contains its own value.
  const [across = 2, down = 2] = directory.numbers.get(530) ?? [];
  return {
    width,
    height,
    photometric,
    colors,
    bits: number(258, 1),
    inks,
    samples,
    ...alphaOf(directory, inks, samples),
    compression: number(259, 1),
    planar: number(284, 1) === 2,
    tiled: directory.places.has(322),
    subsampled: across !== 1 || down !== 1,
    jfif: isJfif(directory),
    unsupportedSamples: unsupportedSamplesOf(directory),
    orientation: orientationOf(directory),
  };
}

/** The EXIF orientation, 1 to 8; undefined if a directory specifies none. */
export function orientationOf(directory: Directory): number | undefined {
  const orientation = one(directory, 274) ?? 0;
  return orientation >= 1 && orientation <= 8 ? orientation : undefined;
}

function colorsOf(directory: Directory, photometric: number): Colors | undefined {
  const colors = COLORS[photometric];
  const inkset = one(directory, 332) ?? INKSET_CMYK;
  return colors === "cmyk" && inkset !== INKSET_CMYK ? undefined : colors;
}

/**
 * The index of the alpha sample. ExtraSamples gives the meaning of each sample beyond the color: 1
 * and 2 are alpha, and 0 is unspecified, such as a mask or a spot color. A single extra sample
 * without the tag is alpha.
 */
function alphaOf(
  directory: Directory,
  inks: number,
  samples: number,
): Pick<Layout, "alpha" | "premultiplied"> {
  const extras = Math.max(0, samples - inks);
  const kinds = (directory.numbers.get(338) ?? []).slice(0, extras);
  if (extras === 1 && kinds.length === 0) return { alpha: inks, premultiplied: false };
  const at = kinds.findIndex((kind) => kind === ASSOCIATED || kind === UNASSOCIATED);
  if (at < 0) return { alpha: undefined, premultiplied: false };
  return { alpha: inks + at, premultiplied: kinds[at] === ASSOCIATED };
}

const FORMATS: Readonly<Record<number, string>> = {
  2: "signed",
  3: "float",
  5: "complex",
  6: "complex",
};

function unsupportedSamplesOf({ numbers }: Directory): string | undefined {
  const odd = numbers.get(339)?.find((format) => format in FORMATS);
  if (odd !== undefined) return `${FORMATS[odd]} samples`;
  const bits = numbers.get(258) ?? [];
  const [first] = bits;
  return bits.some((each) => each !== first)
    ? `${bits.join(", ")} bit samples beside each other`
    : undefined;
}

import { type Directory, one } from "./directory.ts";

type Colors = "white" | "black" | "rgb" | "palette" | "cmyk" | "ycbcr" | "cielab" | "icclab";

/** How a TIFF stores its picture, by its tags. */
export interface Layout {
  /** px, as stored: orientation is not applied. */
  readonly width: number;
  /** px, as stored: orientation is not applied. */
  readonly height: number;
  readonly photometric: number;
  /** Undefined where the colors are of a kind that nobody here reads. */
  readonly colors: Colors | undefined;
  /** Of each sample. */
  readonly bits: number;
  /** Samples of a px that are its color; those beyond it are extra. */
  readonly inks: number;
  /** All samples of a px. */
  readonly samples: number;
  /** Which sample is alpha. */
  readonly alpha: number | undefined;
  /** Are colors multiplied by alpha? */
  readonly premultiplied: boolean;
  readonly compression: number;
  /** Is each sample stored in a plane of its own? */
  readonly planar: boolean;
  readonly tiled: boolean;
  /** YCbCr: do px share their color with others? */
  readonly subsampled: boolean;
  /** What samples are beside whole numbers without a sign, of one size. */
  readonly oddity: string | undefined;
  /** The EXIF orientation, 1 to 8; undefined where it is not said. */
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

/** Tags that are required, where the tag exists and its values do not. */
const NEEDED = [258, 259, 262, 277, 284, 338, 339, 530];

/** Reads a picture's tags; undefined where they do not describe one: the codec says what is wrong. */
export function layoutOf(directory: Directory): Layout | undefined {
  const number = (tag: number, otherwise: number) => one(directory, tag) ?? otherwise;
  const [width, height] = [number(256, 0), number(257, 0)];
  const photometric = one(directory, 262);
  const torn = NEEDED.some((tag) => directory.places.has(tag) && !directory.numbers.has(tag));
  if (width === 0 || height === 0 || photometric === undefined || torn) return undefined;
  const colors = colorsOf(directory, photometric);
  const samples = number(277, 1);
  const inks = colors === undefined ? samples : INKS[colors];
  // The specification's default is 2 x 2; JPEG says it by itself.
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
    oddity: oddityOf(directory),
    orientation: orientationOf(directory),
  };
}

/** The EXIF orientation, 1 to 8; undefined where a directory says none. */
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
 * ExtraSamples says of each sample beyond the color's what it is: 1 and 2 are alpha, 0 is nothing
 * that is known, such as a mask or a spot color. A writer that leaves the tag out and has one such
 * sample means alpha.
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

function oddityOf({ numbers }: Directory): string | undefined {
  const odd = numbers.get(339)?.find((format) => format in FORMATS);
  if (odd !== undefined) return `${FORMATS[odd]} samples`;
  const bits = numbers.get(258) ?? [];
  const [first] = bits;
  return bits.some((each) => each !== first)
    ? `${bits.join(", ")} bit samples beside each other`
    : undefined;
}

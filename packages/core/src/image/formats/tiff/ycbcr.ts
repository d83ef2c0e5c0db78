import type { Directory } from "./directory.ts";

/** RGB of 0 to 255 as sums of three samples, each times a factor, plus a constant. */
interface Linear {
  readonly factors: [Row, Row, Row];
  readonly added: Row;
}
type Row = [number, number, number];

/**
 * The conversion of 8-bit Y, Cb and Cr to RGB. TIFF 6.0, sections 20 and 21: ReferenceBlackWhite
 * specifies the meaning of the codes, and YCbCrCoefficients the share of each color in Y.
 */
export function rgbOf({ numbers }: Pick<Directory, "numbers">): Linear {
  const [red, green, blue] = shares(numbers.get(529)) ?? [0.299, 0.587, 0.114];
  const [black = 0, white = 255, blackB = 128, whiteB = 255, blackR = 128, whiteR = 255] =
    codes(numbers.get(532)) ?? [];
  const luma = 255 / (white - black);
  const toBlue = ((2 - 2 * blue) * 127) / (whiteB - blackB);
  const toRed = ((2 - 2 * red) * 127) / (whiteR - blackR);
  const factors: Linear["factors"] = [
    [luma, 0, toRed],
    [luma, (-blue * toBlue) / green, (-red * toRed) / green],
    [luma, toBlue, 0],
  ];
  // One half is added because the codec truncates fractions.
  const zero = ([y, cb, cr]: Row) => 0.5 - (y * black + cb * blackB + cr * blackR);
  return { factors, added: [zero(factors[0]), zero(factors[1]), zero(factors[2])] };
}

/** The largest difference between two conversions that rounding explains, in levels of 255. */
const ROUNDING = 2;

/**
 * Do the tags specify JFIF's conversion? A JPEG codec applies it whatever they specify. TIFF
 * Technical Note 2, "Minimum requirements for TIFF/JPEG": http://libtiff.maptools.org/TIFFTechNote2.html
 */
export function isJfif(directory: Directory): boolean {
  const jfif = levelsOf(rgbOf({ numbers: new Map() }));
  return levelsOf(rgbOf(directory)).every(
    (level, at) => Math.abs(level - (jfif[at] ?? Number.NaN)) < ROUNDING,
  );
}

function levelsOf({ factors, added }: Linear): number[] {
  return [...factors.flat().map((factor) => factor * 255), ...added];
}

/** The shares of red, green and blue in Y; undefined if they are missing or invalid. */
function shares([red = 0, green = 0, blue = 0]: readonly number[] = []): Row | undefined {
  return [red, green, blue].every((share) => share > 0 && share < 1)
    ? [red, green, blue]
    : undefined;
}

/**
 * The codes of black and white in Y, and of zero and maximum in Cb and Cr. TIFF 6.0's default, in
 * which zero chroma has the code 0, is ignored: TIFF Technical Note 2 calls it inappropriate.
 */
function codes(stored: readonly number[] = []): readonly number[] | undefined {
  const increasing = [0, 2, 4].every((at) => (stored[at + 1] ?? NaN) > (stored[at] ?? NaN));
  const centered = stored[2] !== 0 && stored[4] !== 0;
  return increasing && centered && stored.every(Number.isFinite) ? stored : undefined;
}

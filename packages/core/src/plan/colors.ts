/** The colors that a source specifies by numbers, or by a profile that the codec ignores. */
export interface Colors {
  readonly primaries: Primaries;
  readonly transfer: Transfer;
  /** Samples in the narrow (video) range, as the codec returns them: 16 to 235 for 8 bits. */
  readonly narrow?: { readonly bits: number };
  /** The brightest px of the image, in cd/m2, if the source specifies it. */
  readonly peak?: number;
}

/** The chromaticities x, y of red, green, blue and white. */
export type Primaries = readonly [
  red: Chromaticity,
  green: Chromaticity,
  blue: Chromaticity,
  white: Chromaticity,
];
export type Chromaticity = readonly [x: number, y: number];

/**
 * The transfer function from sample values to light: `gamma` is its exponent; `lights` are its
 * values at even steps from 0 to 1, as in a gray profile.
 */
export type Transfer =
  | { readonly kind: "srgb" | "pq" | "hlg" | "smpte240" }
  | { readonly kind: "gamma"; readonly gamma: number }
  | { readonly kind: "table"; readonly lights: readonly number[] };

/**
 * Whether a profile can describe these colors: a curve close enough to sRGB's, at full range.
 *
 * @example
 * const hasProfile = info.colors !== undefined && isProfiled(info.colors);
 */
export function isProfiled({ transfer, narrow }: Colors): boolean {
  if (narrow !== undefined) return false;
  return transfer.kind === "gamma"
    ? transfer.gamma > 1.6 && transfer.gamma < 3
    : transfer.kind === "srgb";
}

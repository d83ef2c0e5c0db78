/** What a source says of its colors by numbers, or by a profile that the codec passes over. */
export interface Colors {
  readonly primaries: Primaries;
  readonly transfer: Transfer;
  /** Numbers of video's narrow range, as the codec gives them: 16 to 235 of 8 bits. */
  readonly narrow?: { readonly bits: number };
  /** The brightest px that the picture holds, cd/m2, where it says so. */
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
 * What light a number stands for: `gamma` is the exponent that leads from number to light, `lights` are
 * those of numbers at even steps from 0 to 1, as a profile of gray has them.
 */
export type Transfer =
  | { readonly kind: "srgb" | "pq" | "hlg" | "smpte240" }
  | { readonly kind: "gamma"; readonly gamma: number }
  | { readonly kind: "table"; readonly lights: readonly number[] };

/** Is it a curve near enough to sRGB's for a profile to say it, and nothing besides? */
export function isProfiled({ transfer, narrow }: Colors): boolean {
  if (narrow !== undefined) return false;
  return transfer.kind === "gamma"
    ? transfer.gamma > 1.6 && transfer.gamma < 3
    : transfer.kind === "srgb";
}

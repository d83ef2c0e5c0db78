import type { Chromaticity, Colors, Primaries, Transfer } from "../../plan/index.ts";

const D65: Chromaticity = [0.3127, 0.329];
const C: Chromaticity = [0.31, 0.316];

export const BT709: Primaries = [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], D65];
const DISPLAY_P3: Primaries = [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], D65];
const BT2020: Primaries = [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046], D65];
const SMPTE170: Primaries = [[0.63, 0.34], [0.31, 0.595], [0.155, 0.07], D65];

/** ITU-T H.273, table 2. */
const PRIMARIES: Readonly<Record<number, Primaries>> = {
  1: BT709,
  4: [[0.67, 0.33], [0.21, 0.71], [0.14, 0.08], C],
  5: [[0.64, 0.33], [0.29, 0.6], [0.15, 0.06], D65],
  6: SMPTE170,
  7: SMPTE170,
  8: [[0.681, 0.319], [0.243, 0.692], [0.145, 0.049], C],
  9: BT2020,
  10: [
    [1, 0],
    [0, 1],
    [0, 0],
    [1 / 3, 1 / 3],
  ],
  11: [
    [0.68, 0.32],
    [0.265, 0.69],
    [0.15, 0.06],
    [0.314, 0.351],
  ],
  12: DISPLAY_P3,
  22: [[0.63, 0.34], [0.295, 0.605], [0.155, 0.077], D65],
};

export const SRGB: Transfer = { kind: "srgb" };

/** The transfer function of video displays: ITU-R BT.1886. */
export const BT1886: Transfer = { kind: "gamma", gamma: 2.4 };

/** ITU-T H.273, table 3, without the camera curves. */
const TRANSFERS: Readonly<Record<number, Transfer>> = {
  4: { kind: "gamma", gamma: 2.2 },
  5: { kind: "gamma", gamma: 2.8 },
  7: { kind: "smpte240" },
  8: { kind: "gamma", gamma: 1 },
  13: SRGB,
  16: { kind: "pq" },
  17: { kind: "gamma", gamma: 2.6 },
  18: { kind: "hlg" },
};

/**
 * The camera curves (BT.709, BT.601, BT.2020). They describe how light was recorded, not how it is
 * shown.
 */
const CAMERAS = [1, 6, 11, 12, 14, 15];

/**
 * The colors for two H.273 code points. Unspecified, reserved and logarithmic values count as
 * sRGB's.
 *
 * @param video the transfer function that displays samples of a camera curve
 */
export function colorsOf(primaries: number, transfer: number, video: Transfer): Colors {
  const curve = CAMERAS.includes(transfer) ? video : TRANSFERS[transfer];
  return { primaries: PRIMARIES[primaries] ?? BT709, transfer: curve ?? SRGB };
}

/** Whether H.273 defines these code points for displayed colors. */
export function isKnown(primaries: number, transfer: number): boolean {
  return primaries in PRIMARIES && (transfer in TRANSFERS || CAMERAS.includes(transfer));
}

/**
 * The maximum difference between chromaticities that count as equal. Browsers and cameras round.
 */
const NEAR = 0.004;

/** Whether the primaries are those of Display P3. The transfer function does not matter. */
export function isP3({ primaries }: Colors): boolean {
  return samePrimaries(primaries, DISPLAY_P3);
}

function samePrimaries(one: Primaries, other: Primaries): boolean {
  return one.every((point, at) =>
    point.every((value, axis) => Math.abs(value - (other[at]?.[axis] ?? Number.NaN)) < NEAR),
  );
}

/** Whether these are the colors of sRGB, the default for an image that specifies none. */
export function isSrgb({ primaries, transfer, narrow }: Colors): boolean {
  return narrow === undefined && transfer.kind === "srgb" && samePrimaries(primaries, BT709);
}

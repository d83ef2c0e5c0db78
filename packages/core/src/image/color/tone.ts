import type { Colors } from "../../plan/index.ts";

/**
 * The light of diffuse white in HDR, in cd/m2: ITU-R BT.2408, table 1. It maps to the white of SDR.
 */
const WHITE = 203;

/** The maximum of PQ, in cd/m2. */
export const PQ_PEAK = 10_000;

/** The light, in cd/m2, of a PQ sample: ITU-R BT.2100, table 4; SMPTE ST 2084. */
export function pqLight(signal: number): number {
  const root = signal ** (1 / M2);
  return PQ_PEAK * (Math.max(0, root - C1) / (C2 - C3 * root)) ** (1 / M1);
}

/** The PQ sample of this light, in cd/m2. */
function pqSignal(light: number): number {
  const root = (light / PQ_PEAK) ** M1;
  return ((C1 + C2 * root) / (1 + C3 * root)) ** M2;
}

const M1 = 2610 / 16_384;
const M2 = (2523 / 4096) * 128;
const C1 = 3424 / 4096;
const C2 = (2413 / 4096) * 32;
const C3 = (2392 / 4096) * 32;

/** The scene light, 0 to 1, of an HLG sample: ITU-R BT.2100, table 5. */
export function hlgScene(signal: number): number {
  return signal <= 0.5 ? signal ** 2 / 3 : (Math.exp((signal - HLG_C) / HLG_A) + HLG_B) / 12;
}

const HLG_A = 0.17883277;
const HLG_B = 1 - 4 * HLG_A;
const HLG_C = 0.5 - HLG_A * Math.log(4 * HLG_A);

/** The peak of the reference display of HLG, in cd/m2, and its system gamma: BT.2100, table 5. */
export const HLG_DISPLAY = { peak: 1000, gamma: 1.2 } as const;

/**
 * Maps HDR light, in cd/m2, to SDR light, 0 to 1, with the EETF of ITU-R BT.2390, 5.4.1, which
 * displays use for light above their peak. Below its knee, light is unchanged; above it, highlights
 * are rolled off so that the image's peak becomes the display's. It is applied to the brightest of
 * R, G and B, and the others are scaled with it: applied to each channel, it would desaturate
 * colors.
 *
 * An image without a specified peak is assumed to reach the maximum of PQ. Most are graded for
 * 1,000 to 4,000 cd/m2 and would be brighter with their own peak. Browsers show them like this, or
 * darker.
 */
export function toneMap({ peak = PQ_PEAK }: Pick<Colors, "peak">): (light: number) => number {
  if (peak <= WHITE) return (light) => Math.min(1, light / WHITE);
  const all = pqSignal(peak);
  const most = pqSignal(WHITE) / all;
  const knee = 1.5 * most - 0.5;
  return (light) => {
    const share = Math.min(1, pqSignal(light) / all);
    if (share < knee) return light / WHITE;
    const t = (share - knee) / (1 - knee);
    const rolled =
      (2 * t ** 3 - 3 * t ** 2 + 1) * knee +
      (t ** 3 - 2 * t ** 2 + t) * (1 - knee) +
      (-2 * t ** 3 + 3 * t ** 2) * most;
    return Math.min(1, pqLight(rolled * all) / WHITE);
  };
}

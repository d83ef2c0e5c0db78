import type { Colors, SourceInfo } from "../../plan/index.ts";
import { BT709, SRGB } from "./code-points.ts";
import { iccTag } from "./icc-tag.ts";
import { between, lightOf } from "./transfer.ts";

/**
 * The colors of a gray image whose profile the codec ignores. libvips applies no profile to gray of
 * more than 8 bits, no RGB profile to gray, and no gray profile to RGB, which it converts gray AVIF
 * and HEIC to. It also darkens a black point that is above zero, as for print, which browsers do
 * not. The result is undefined if the codec does the same as browsers or the samples are sRGB.
 *
 * An RGB profile defines gray by the curve that its channels share, and browsers use that curve.
 */
export function grayColors(
  icc: Buffer | undefined,
  { format, bands, depth }: Pick<SourceInfo, "format" | "bands" | "depth">,
): Colors | undefined {
  const space = icc?.toString("latin1", 16, 20);
  const isGray = space === "GRAY" && (bands < 3 || format === "avif" || format === "heic");
  const isGrayOfRgb = space === "RGB " && bands < 3;
  const curve = icc && (isGray || isGrayOfRgb) ? curveOf(icc, isGray ? "kTRC" : "gTRC") : undefined;
  const isApplied = isGray && bands < 3 && depth <= 8 && curve?.(0) === 0;
  if (curve === undefined || isApplied || isSrgb(curve)) return undefined;
  const lights = SHARES.map((share) => Math.min(1, Math.max(0, curve(share))));
  return { primaries: BT709, transfer: { kind: "table", lights } };
}

/** Maps a sample value of 0 to 1 to light. */
type Curve = (number: number) => number;

const STEPS = 4096;
const SHARES = Array.from({ length: STEPS }, (_, at) => at / (STEPS - 1));

/**
 * ICC.1:2022, 9.2.26 grayTRCTag: the curve leads to the connection space, which is light or
 * lightness.
 */
function curveOf(icc: Buffer, tag: string): Curve | undefined {
  const data = iccTag(icc, tag);
  const curve = data && (stored(data) ?? parametric(data));
  const isLightness = icc.toString("latin1", 20, 24) === "Lab ";
  return curve && isLightness ? (number) => lightOfLightness(curve(number)) : curve;
}

/** ICC.1:2022, 10.6 curveType. */
function stored(data: Buffer): Curve | undefined {
  if (data.length < 12 || data.toString("latin1", 0, 4) !== "curv") return undefined;
  const count = data.readUInt32BE(8);
  if (data.length < 12 + count * 2) return undefined;
  const values = Array.from({ length: count }, (_, at) => data.readUInt16BE(12 + at * 2));
  const [only] = values;
  if (only === undefined) return (number) => number;
  return count === 1
    ? (number) => number ** (only / 256)
    : (number) => between(values, number) / 65_535;
}

/** The number of parameters of each function type. */
const PARAMETERS = [1, 3, 4, 5, 7];

/** ICC.1:2022, 10.18 parametricCurveType. */
function parametric(data: Buffer): Curve | undefined {
  if (data.length < 12 || data.toString("latin1", 0, 4) !== "para") return undefined;
  const kind = data.readUInt16BE(8);
  const count = PARAMETERS[kind];
  if (count === undefined || data.length < 12 + count * 4) return undefined;
  const parameters = Array.from(
    { length: count },
    (_, at) => data.readInt32BE(12 + at * 4) / 65_536,
  );
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = parameters;
  const power: Curve = (number) => Math.max(0, a * number + b) ** g;
  return kind < 3
    ? (number) => power(number) + (kind === 2 ? c : 0)
    : (number) => (number < d ? c * number + f : power(number) + e);
}

/** CIE 15, for L* of 0 to 1. */
function lightOfLightness(lightness: number): number {
  const root = (lightness * 100 + 16) / 116;
  return root > 6 / 29 ? root ** 3 : (lightness * 100 * 27) / 24_389;
}

/** Values that differ by at most one step of 8 bits count as equal. */
function isSrgb(curve: Curve): boolean {
  const light = lightOf(SRGB);
  const one = 1 / 255;
  return SHARES.every((share) => {
    const found = curve(share);
    return found >= light(share - one) && found <= light(share + one);
  });
}

import { iccTag } from "./icc-tag.ts";

/** The primaries of Display P3 adapted to D50, as in ICC profiles: X, Y, Z of red, green, blue. */
const P3 = [0.5151, 0.2412, -0.0011, 0.292, 0.6922, 0.0419, 0.1571, 0.0666, 0.7841];

/** Profiles are rounded, and their matrices for D50 differ in the fourth digit. */
const NEAR = 0.003;

/**
 * Whether this is a Display P3 profile, by its primaries. Its name does not help: vendors use
 * "Display P3", "P3", "sP3C" and others. https://www.color.org/specification/ICC.1-2022-05.pdf,
 * 10.31
 */
export function isDisplayP3(profile: Buffer | undefined): boolean {
  const found = ["rXYZ", "gXYZ", "bXYZ"].flatMap((tag) => (profile ? xyzOf(profile, tag) : []));
  return (
    found.length === P3.length && found.every((value, at) => Math.abs(value - (P3[at] ?? 0)) < NEAR)
  );
}

function xyzOf(profile: Buffer, tag: string): number[] {
  const data = iccTag(profile, tag);
  if (data === undefined || data.length < 20) return [];
  // s15Fixed16Number
  return [8, 12, 16].map((at) => data.readInt32BE(at) / 65_536);
}

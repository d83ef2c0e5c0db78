/** The primaries of Display P3 adapted to D50, as ICC profiles hold them: X, Y, Z of red, green, blue. */
const P3 = [0.5151, 0.2412, -0.0011, 0.292, 0.6922, 0.0419, 0.1571, 0.0666, 0.7841];

/** Profiles round, and adapt to D50 by matrices that differ in the fourth digit. */
const NEAR = 0.003;

/**
 * Is this the profile of Display P3, by its primaries? Its name is no help: makers call it
 * "Display P3", "P3", "sP3C" and what they like.
 * https://www.color.org/specification/ICC.1-2022-05.pdf, 7.3 and 10.31
 */
export function isDisplayP3(profile: Buffer | undefined): boolean {
  const found = ["rXYZ", "gXYZ", "bXYZ"].flatMap((tag) => (profile ? xyzOf(profile, tag) : []));
  return (
    found.length === P3.length && found.every((value, at) => Math.abs(value - (P3[at] ?? 0)) < NEAR)
  );
}

function xyzOf(profile: Buffer, tag: string): number[] {
  if (profile.length < 132) return [];
  const count = Math.min(profile.readUInt32BE(128), 100);
  for (let entry = 132; entry < 132 + count * 12 && entry + 12 <= profile.length; entry += 12) {
    if (profile.toString("latin1", entry, entry + 4) !== tag) continue;
    const at = profile.readUInt32BE(entry + 4) + 8;
    if (at + 12 > profile.length) return [];
    // s15Fixed16Number
    return [0, 4, 8].map((offset) => profile.readInt32BE(at + offset) / 65_536);
  }
  return [];
}

const MOST_TAGS = 100;

/**
 * The data of a tag in a profile; undefined if it is missing or incomplete.
 *
 * ICC.1:2022, 7.3: https://www.color.org/specification/ICC.1-2022-05.pdf
 */
export function iccTag(profile: Buffer, tag: string): Buffer | undefined {
  if (profile.length < 132) return undefined;
  const count = Math.min(profile.readUInt32BE(128), MOST_TAGS);
  for (let entry = 132; entry < 132 + count * 12 && entry + 12 <= profile.length; entry += 12) {
    if (profile.toString("latin1", entry, entry + 4) !== tag) continue;
    const at = profile.readUInt32BE(entry + 4);
    const length = profile.readUInt32BE(entry + 8);
    return at + length <= profile.length ? profile.subarray(at, at + length) : undefined;
  }
  return undefined;
}

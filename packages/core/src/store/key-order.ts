/**
 * Compares keys in the order in which S3 lists them: by UTF-8 bytes, which is the order of code points.
 *
 * @example
 * ["b", "a/b", "a"].sort(compareKeys); // ["a", "a/b", "b"]
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  return rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
}

/** In UTF-16, surrogates come before U+E000 although they encode the highest code points. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

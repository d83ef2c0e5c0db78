/** Objects whose keys follow from their number. */
export interface Run {
  readonly before: string;
  readonly after: string;
  readonly count: number;
}

/** The digits of a number in a key, so that keys sort by number. */
const DIGITS = 8;

/** The part of a key with the number. */
export function pathAt(n: number): string {
  return `${String(n).padStart(DIGITS, "0")}.jpg`;
}

/** One page of a listing, in order. */
export interface Page {
  readonly keys: readonly string[];
  readonly isTruncated: boolean;
}

/**
 * The keys of sorted runs that start with a prefix and follow a key.
 *
 * @param most the most keys of the page
 */
export function pageOf(
  runs: readonly Run[],
  { prefix, after, most }: { prefix: string; after: string; most: number },
): Page {
  const keys: string[] = [];
  for (const run of runs) {
    const keyAt = (n: number) => run.before + pathAt(n) + run.after;
    for (let n = firstAfter(run.count, keyAt, after); n < run.count; n++) {
      const key = keyAt(n);
      if (!key.startsWith(prefix)) break;
      if (keys.length === most) return { keys, isTruncated: true };
      keys.push(key);
    }
  }
  return { keys, isTruncated: false };
}

function firstAfter(count: number, keyAt: (n: number) => string, after: string): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyAt(middle) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

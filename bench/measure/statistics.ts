/** For an even number of values, the mean of the two in the middle. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("there is no median of no values");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? 0;
  const high = sorted[Math.ceil(middle)] ?? 0;
  return (low + high) / 2;
}

/** The median over the rounds of one side over the other: other load in a round affects both. */
export function medianRatio(values: readonly number[], base: readonly number[]): number {
  return rounded(median(values.map((value, round) => value / (base[round] ?? Number.NaN))));
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @throws RangeError for no values */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** Rounds to three decimals: further ones are noise. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

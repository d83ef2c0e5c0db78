/** Pseudorandom numbers that a seed determines: mulberry32. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A whole number in [0, `n`). */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** A whole number between both ends, inclusive. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** One element. @throws RangeError if there are none */
  of<T>(all: readonly T[]): T {
    for (const one of all.slice(this.below(all.length))) return one;
    throw new RangeError("there is nothing to choose from");
  }

  /** One element; undefined if there are none. */
  pick<T>(all: readonly T[]): T | undefined {
    return all[this.below(all.length)];
  }

  /** A name, with its weight as probability. */
  weighted<Name extends string>(weights: readonly (readonly [Name, number])[], last: Name): Name {
    const sum = weights.reduce((total, [, weight]) => total + weight, 0);
    let left = this.next() * sum;
    for (const [name, weight] of weights) {
      left -= weight;
      if (left < 0) return name;
    }
    return last;
  }

  /** The time to the next of independent events with a mean interval. */
  gap(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

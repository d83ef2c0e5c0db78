import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** The 95th percentile of the standard normal distribution. */
const Z95 = 1.6448536269514722;

/**
 * Random numbers by a seed. Each part of a simulation has its own, so that a change of one part does not
 * change the numbers of another.
 *
 * @example
 * const arrivals = new Chance(7, "arrivals");
 * arrivals.exponential(2); // s until the next, 2 on average
 */
export class Chance {
  readonly #next: () => number;

  constructor(seed: number, part: string) {
    let hash = seed | 0;
    for (const char of part) hash = Math.imul(hash ^ char.charCodeAt(0), 0x9e3779b1);
    const generator = xoroshiro128plus(hash);
    this.#next = () => uniformFloat64(generator);
  }

  /** From 0 to below 1. */
  uniform(): number {
    return this.#next();
  }

  between(least: number, most: number): number {
    return least + this.#next() * (most - least);
  }

  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1));
  }

  is(probability: number): boolean {
    return this.#next() < probability;
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[Math.floor(this.#next() * values.length)] ?? values[0];
  }

  exponential(mean: number): number {
    return -mean * Math.log1p(-this.#next());
  }

  /** Of the standard normal distribution, by Box and Muller. */
  normal(): number {
    return Math.sqrt(-2 * Math.log1p(-this.#next())) * Math.cos(2 * Math.PI * this.#next());
  }

  /** Of a lognormal distribution with this median and 95th percentile. */
  lognormal(p50: number, p95: number): number {
    return p50 * Math.exp((Math.log(p95 / p50) / Z95) * this.normal());
  }
}

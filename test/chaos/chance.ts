import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { mersenne } from "pure-rand/generator/mersenne";

/** Random choices that a seed repeats. */
export class Chance {
  readonly #generator: ReturnType<typeof mersenne>;

  constructor(seed: number) {
    this.#generator = mersenne(seed);
  }

  /** True for this share of the calls. */
  happens(share: number): boolean {
    return uniformFloat64(this.#generator) < share;
  }

  /** An integer between both ends, inclusive. */
  between(least: number, most: number): number {
    return uniformInt(this.#generator, least, most);
  }

  /** One of the list; undefined if it is empty. */
  pick<T>(list: readonly T[]): T | undefined {
    return list.length === 0 ? undefined : list[this.between(0, list.length - 1)];
  }

  /** A name, with its weight as probability. */
  weighted<Name extends string>(weights: readonly (readonly [Name, number])[], last: Name): Name {
    const sum = weights.reduce((total, [, weight]) => total + weight, 0);
    let left = uniformFloat64(this.#generator) * sum;
    for (const [name, weight] of weights) {
      left -= weight;
      if (left < 0) return name;
    }
    return last;
  }

  /** The time to the next of independent events with a mean interval. */
  gap(mean: number): number {
    return -Math.log(1 - uniformFloat64(this.#generator)) * mean;
  }
}

/** Buckets per doubling: a percentile is right within 1/32 of its value. */
const STEPS = 32;
/** Smaller values count as 0. */
const LEAST = 1e-3;

/** Counts values of any number in little memory, for percentiles. */
export class Histogram {
  readonly #counts: number[] = [];
  #count = 0;
  #sum = 0;
  #max = 0;

  /** All values of several. */
  static of(parts: readonly (Histogram | undefined)[]): Histogram {
    const all = new Histogram();
    for (const part of parts) {
      if (part === undefined) continue;
      for (let at = 0; at < part.#counts.length; at++) {
        all.#counts[at] = (all.#counts[at] ?? 0) + (part.#counts[at] ?? 0);
      }
      all.#count += part.#count;
      all.#sum += part.#sum;
      all.#max = Math.max(all.#max, part.#max);
    }
    return all;
  }

  add(value: number): void {
    const at = value <= LEAST ? 0 : 1 + Math.floor(Math.log2(value / LEAST) * STEPS);
    // Without holes, which would make the array slow.
    while (this.#counts.length <= at) this.#counts.push(0);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#sum += value;
    this.#max = Math.max(this.#max, value);
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get max(): number {
    return this.#max;
  }

  /** @param share 0 to 1, as 0.95; 0 when nothing was counted */
  percentile(share: number): number {
    const wanted = share * this.#count;
    let seen = 0;
    for (let at = 0; at < this.#counts.length; at++) {
      seen += this.#counts[at] ?? 0;
      if (seen >= this.#count) return this.#max;
      if (seen >= wanted && seen > 0) {
        return at === 0 ? 0 : Math.min(this.#max, LEAST * 2 ** ((at - 0.5) / STEPS));
      }
    }
    return this.#max;
  }
}

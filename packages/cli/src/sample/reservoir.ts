/** A uniform random sample of a stream of values, in constant memory. */
export class Reservoir<T> {
  readonly #size: number;
  readonly #random: () => number;
  readonly #kept: T[] = [];
  #seen = 0;

  /** @param random in [0, 1) */
  constructor(size: number, random: () => number) {
    this.#size = size;
    this.#random = random;
  }

  add(one: T): void {
    this.#seen++;
    if (this.#kept.length < this.#size) {
      this.#kept.push(one);
      return;
    }
    const at = Math.floor(this.#random() * this.#seen);
    if (at < this.#size) this.#kept[at] = one;
  }

  get sample(): readonly T[] {
    return this.#kept;
  }
}

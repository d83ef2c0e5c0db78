import { compareKeys, type ListedObject } from "@imagefleet/core/store";

/** A key that should be there, and who is told. */
export interface Expected {
  readonly key: string;
  /** Called once, with what is there, or with nothing. */
  readonly settle: (object: ListedObject | undefined) => void;
}

/**
 * The part of the rendition bucket whose keys begin alike, held against what should be there: a merge
 * of two sorted lists.
 *
 * Sources come in the order of their keys, but what is made of them does not: `a-b.webp` is before
 * `a.webp`, and `a` before `a-b`. So an expected key waits until no smaller one can come, which is
 * until the source at hand is past it; only keys that begin with one another ever wait together, and
 * a key has 1,024 bytes at most: memory stays flat.
 */
export class SortedDiff {
  /** What its keys begin with. */
  readonly before: string;
  readonly #pages: AsyncIterator<ListedObject[]>;
  readonly #unexpected: (object: ListedObject) => Promise<void>;
  readonly #waiting: Expected[] = [];
  #page: readonly ListedObject[] = [];
  #at = 0;
  #ended = false;

  constructor(
    before: string,
    pages: AsyncIterable<ListedObject[]>,
    unexpected: (object: ListedObject) => Promise<void>,
  ) {
    this.before = before;
    this.#pages = pages[Symbol.asyncIterator]();
    this.#unexpected = unexpected;
  }

  expect(expected: Expected): void {
    let at = this.#waiting.length;
    while (at > 0 && compareKeys(this.#waiting[at - 1]?.key ?? "", expected.key) > 0) at--;
    this.#waiting.splice(at, 0, expected);
  }

  /** @param path of a source: no key of an earlier path comes any more */
  async passed(path: string): Promise<void> {
    const edge = this.before + path;
    let count = 0;
    for (const { key } of this.#waiting) {
      if (compareKeys(key, edge) >= 0) break;
      count++;
    }
    for (const expected of this.#waiting.splice(0, count)) await this.#meet(expected);
  }

  /** No source comes any more: what is left is told. */
  async finish(): Promise<void> {
    for (const expected of this.#waiting.splice(0)) await this.#meet(expected);
    for (let object = await this.#head(); object !== undefined; object = await this.#head()) {
      this.#at++;
      await this.#unexpected(object);
    }
  }

  async #meet({ key, settle }: Expected): Promise<void> {
    for (;;) {
      const object = this.#page[this.#at] ?? (await this.#head());
      const order = object === undefined ? 1 : compareKeys(object.key, key);
      if (order > 0) return settle(undefined);
      this.#at++;
      if (order === 0) return settle(object);
      if (object !== undefined) await this.#unexpected(object);
    }
  }

  /** The next object that nobody has asked for yet. */
  async #head(): Promise<ListedObject | undefined> {
    while (this.#at >= this.#page.length && !this.#ended) {
      const { value, done } = await this.#pages.next();
      if (done) this.#ended = true;
      else [this.#page, this.#at] = [value, 0];
    }
    return this.#page[this.#at];
  }
}

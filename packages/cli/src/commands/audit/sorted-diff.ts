import { compareKeys, type ListedObject } from "@imagefleet/core/store";

/** A key that should exist. */
export interface Expected {
  readonly key: string;
  /** Called once, with undefined when the object does not exist. */
  readonly settle: (object: ListedObject | undefined) => void;
}

/**
 * Compares the objects below one prefix of the rendition bucket with the expected keys, by merging two
 * sorted lists.
 *
 * Sources arrive in the order of their keys, but the keys of their renditions do not: `a-b.webp` is
 * before `a.webp`, and `a` before `a-b`. So an expected key waits until no smaller one can follow, that
 * is, until the current source is past it. Only keys that are prefixes of one another wait at the same
 * time, and a key has at most 1,024 bytes, so memory does not grow.
 */
export class SortedDiff {
  /** The prefix of its keys. */
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

  /** @param path of a source: no key of an earlier path follows */
  async passed(path: string): Promise<void> {
    const edge = this.before + path;
    let count = 0;
    for (const { key } of this.#waiting) {
      if (compareKeys(key, edge) >= 0) break;
      count++;
    }
    for (const expected of this.#waiting.splice(0, count)) await this.#meet(expected);
  }

  /** Compares the rest: no source follows. */
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

  /** The next object that is not compared yet. */
  async #head(): Promise<ListedObject | undefined> {
    while (this.#at >= this.#page.length && !this.#ended) {
      const { value, done } = await this.#pages.next();
      if (done) this.#ended = true;
      else [this.#page, this.#at] = [value, 0];
    }
    return this.#page[this.#at];
  }
}

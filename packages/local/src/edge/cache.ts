import type { OriginAnswer } from "./origins.ts";

/** An answer that is kept. */
export interface Entry {
  readonly answer: OriginAnswer;
  /** When it came or was confirmed; all times are ms since the epoch. */
  readonly at: number;
  /** How long the request to the origins took that brought or confirmed it, ms. */
  readonly originMs: number;
  readonly freshUntil: number;
  /** Until then it is used while a new one is requested. */
  readonly revalidateUntil: number;
  /** Until then it is used if the origins fail with a 5xx. */
  readonly ifErrorUntil: number;
}

/** The answers that were used last, up to a number of bytes. */
export class Cache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // The order of a Map is that of its insertions: the first is the one that was used least recently.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(key: string, entry: Entry): void {
    this.delete(key);
    this.#entries.set(key, entry);
    this.#bytes += bytesOf(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= bytesOf(key, entry);
  }

  /** Removes the entries whose key matches. */
  drop(matches: (key: string) => boolean): void {
    for (const key of [...this.#entries.keys()].filter(matches)) this.delete(key);
  }
}

function bytesOf(key: string, { answer }: Entry): number {
  return key.length + answer.body.length;
}

/**
 * Whether a path of an invalidation names a key. `*` stands for any characters and only at the end;
 * without it, the query must be that of the path.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
 */
export function isNamedBy(path: string): (key: string) => boolean {
  const prefix = path.endsWith("*") ? path.slice(0, -1) : undefined;
  return (key) => {
    const address = key.slice(key.indexOf(" ") + 1);
    return prefix === undefined ? address === path : address.startsWith(prefix);
  };
}

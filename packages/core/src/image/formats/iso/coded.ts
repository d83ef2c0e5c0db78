import { derivations, type IsoFile, type Item, MOST_DERIVATIONS, propertyOf } from "./picture.ts";

/** The px that must be decoded to show an AVIF or HEIC. */
export interface Coded {
  /** The px of all coded images, counted once per use. */
  readonly all: number;
  /** The px of the largest of them. */
  readonly largest: number;
}

const UNKNOWN: Coded = { all: Infinity, largest: 0 };
/** ISO/IEC 23008-12, 6.6.2.1.1. The second is HEVC's older name. */
const ALPHA = /^urn:mpeg:mpegB:cicp:systems:auxiliary:alpha|^urn:mpeg:hevc:2015:auxid:1/;

/**
 * The px that are decoded to show the primary image and its alpha. It is undefined if a part is
 * missing, has no size or contains itself.
 */
export function codedPixels(file: IsoFile): Coded | undefined {
  const { primary, items } = file;
  const derived = derivations(file);
  const alphas = alphasOf(file);
  const known = new Map<number, Coded>();
  const coded = (id: number, depth: number): Coded => {
    const before = known.get(id);
    if (before !== undefined) return before;
    if (depth > MOST_DERIVATIONS) return UNKNOWN;
    known.set(id, UNKNOWN);
    const parts = [...(derived.get(id) ?? []), ...(alphas.get(id) ?? [])];
    const own = derived.has(id) ? 0 : sizeOf(id);
    let [all, largest] = [own, own];
    for (const part of parts) {
      const one = coded(part, depth + 1);
      all += one.all;
      largest = Math.max(largest, one.largest);
    }
    known.set(id, { all, largest });
    return { all, largest };
  };
  const sizeOf = (id: number) => {
    const size = propertyOf(items.get(id), "ispe");
    return size === undefined || size.length < 12
      ? Infinity
      : size.readUInt32BE(4) * size.readUInt32BE(8);
  };
  const found = coded(primary, 0);
  return found.all === Infinity ? undefined : found;
}

function alphasOf({ items, references }: IsoFile): ReadonlyMap<number, readonly number[]> {
  const alphas = references
    .filter(({ type, from }) => type === "auxl" && isAlpha(items.get(from)))
    .flatMap(({ from, to }) => to.map((picture) => ({ picture, alpha: from })));
  const byPicture = Map.groupBy(alphas, ({ picture }) => picture);
  return new Map([...byPicture].map(([id, own]) => [id, own.map(({ alpha }) => alpha)]));
}

function isAlpha(item: Item | undefined): boolean {
  const kind = propertyOf(item, "auxC");
  return kind !== undefined && ALPHA.test(kind.toString("latin1", 4));
}

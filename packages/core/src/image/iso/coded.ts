import { derivations, type IsoFile } from "./picture.ts";

/** What of an AVIF or HEIC has to be decoded to show it. */
export interface Coded {
  /** px of all coded pictures, each as often as it is used. */
  readonly all: number;
  /** px of the largest of them. */
  readonly largest: number;
}

const UNKNOWN: Coded = { all: Infinity, largest: 0 };
/** Deeper derivations are a circle, or meant to be long in the decoding. */
const DEPTH = 8;
/** ISO/IEC 23008-12, 6.6.2.1.1; the second is HEVC's older name for it. */
const ALPHA = /^urn:mpeg:mpegB:cicp:systems:auxiliary:alpha|^urn:mpeg:hevc:2015:auxid:1/;

/**
 * The px that are decoded to show the primary picture and its alpha; undefined where that cannot be
 * told: a part is not there, does not say its size, or has itself for a part.
 */
export function codedPixels(file: IsoFile): Coded | undefined {
  const { primary, items } = file;
  const derived = derivations(file);
  const alphas = alphasOf(file);
  const known = new Map<number, Coded>();
  const coded = (id: number, depth: number): Coded => {
    const before = known.get(id);
    if (before !== undefined) return before;
    if (depth > DEPTH) return UNKNOWN;
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
    const size = items.get(id)?.properties.find(({ box }) => box.type === "ispe")?.box.body;
    return size === undefined || size.length < 12
      ? Infinity
      : size.readUInt32BE(4) * size.readUInt32BE(8);
  };
  const found = coded(primary, 0);
  return found.all === Infinity ? undefined : found;
}

function alphasOf({ items, references }: IsoFile): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>();
  for (const { type, from, to } of references) {
    if (type !== "auxl") continue;
    const kind = items.get(from)?.properties.find(({ box }) => box.type === "auxC")?.box.body;
    if (kind === undefined || !ALPHA.test(kind.toString("latin1", 4))) continue;
    for (const id of to) {
      const known = found.get(id);
      if (known === undefined) found.set(id, [from]);
      else known.push(from);
    }
  }
  return found;
}

import type { SourceInfo } from "../../../plan/index.ts";
import type { Parts } from "../../decode/parts.ts";
import { type Directory, one, TiffFile } from "./directory.ts";

const SUBFILE = 254;
const OLD_SUBFILE = 255;
const PHOTOMETRIC = 262;
const SUBIFDS = 330;

/** Bits of NewSubfileType, in Adobe's DNG too: 4 is a mask, 8 a map of depths. */
const REDUCED = 1;
const MASK = 4 | 8;
/** What the older SubfileType has for a reduced picture. */
const OLD_REDUCED = 2;
/** As a color space: TIFF 6.0's transparency mask. */
const MASK_COLOR = 4;

/** Where in a TIFF its full picture is, as the codec counts. */
export interface FullPicture {
  readonly directory: Directory;
  /** From 0. */
  readonly page: number;
  /** Below that page, from 0. */
  readonly subifd?: number;
  /** The page's own directory, where the picture is below it. */
  readonly above?: Directory;
  /** How many pages there are, or `most`. */
  readonly pages: number;
}

/**
 * Finds the picture that a TIFF is about: its first page, unless that says of itself that it is the
 * reduced copy of another, or a mask for one. Then it is the first full picture that is no smaller,
 * below a page (SubIFDs) or after it.
 *
 * Undefined where the first page cannot be read: the codec says why.
 *
 * @param most pages that are looked at
 * @throws Rejection `SourceUnsupported`, as `TiffFile` does
 */
export async function fullPicture(parts: Parts, most: number): Promise<FullPicture | undefined> {
  const file = new TiffFile(parts, await parts.read(0, 16));
  const all = await pagesOf(file, most);
  const [first] = all;
  if (first === undefined) return undefined;
  const pages = all.length;
  const least = isMask(first) ? 0 : pixelsOf(first);
  const suits = (directory: Directory) => isFull(directory) && pixelsOf(directory) >= least;
  for (const [page, directory] of all.entries()) {
    if (suits(directory)) return { directory, page, pages };
    // What lies below a full page is a part of it, or a copy.
    for (const [subifd, at] of (directory.numbers.get(SUBIFDS) ?? []).entries()) {
      const below = await file.directory(at);
      if (below !== undefined && suits(below)) {
        return { directory: below, page, subifd, above: directory, pages };
      }
    }
  }
  return { directory: first, page: 0, pages };
}

/** The page or SubIFD for the codec, whose default is the first page. */
export function placeOf({ page, subifd }: FullPicture): Pick<SourceInfo, "page" | "subifd"> {
  return { ...(page > 0 && { page }), ...(subifd !== undefined && { subifd }) };
}

/** To the first that cannot be read or was there before. */
async function pagesOf(file: TiffFile, most: number): Promise<Directory[]> {
  const pages: Directory[] = [];
  const seen = new Set<number>();
  for (let at = file.first; !seen.has(at) && pages.length < most; ) {
    seen.add(at);
    const directory = await file.directory(at);
    if (directory === undefined) break;
    pages.push(directory);
    at = directory.next;
  }
  return pages;
}

function isFull(directory: Directory): boolean {
  const kind = one(directory, SUBFILE);
  const reduced =
    kind === undefined ? one(directory, OLD_SUBFILE) === OLD_REDUCED : (kind & REDUCED) !== 0;
  return !reduced && !isMask(directory);
}

function isMask(directory: Directory): boolean {
  return (
    ((one(directory, SUBFILE) ?? 0) & MASK) !== 0 || one(directory, PHOTOMETRIC) === MASK_COLOR
  );
}

function pixelsOf(directory: Directory): number {
  return (one(directory, 256) ?? 0) * (one(directory, 257) ?? 0);
}

import type { SourceInfo } from "../../../plan/index.ts";
import type { ByteReader } from "../../decode/byte-reader.ts";
import { type Directory, one, TiffFile } from "./directory.ts";

const SUBFILE = 254;
const OLD_SUBFILE = 255;
const PHOTOMETRIC = 262;
const SUBIFDS = 330;

/** Bits of NewSubfileType, also in Adobe's DNG: 4 is a mask, 8 a depth map. */
const REDUCED = 1;
const MASK = 4 | 8;
/** The value of the older SubfileType for a reduced image. */
const OLD_REDUCED = 2;
/** The color space of a transparency mask in TIFF 6.0. */
const MASK_COLOR = 4;

/** The position of a TIFF's full image, in the codec's numbering. */
export interface FullPicture {
  readonly directory: Directory;
  /** From 0. */
  readonly page: number;
  /** The index below that page, from 0. */
  readonly subifd?: number;
  /** The directory of the page, if the image is below it. */
  readonly above?: Directory;
  /** The number of pages, at most `most`. */
  readonly pages: number;
}

/**
 * Finds the main image of a TIFF. This is the first page, unless that page is marked as a reduced
 * copy of another image or as a mask. Then it is the first full image that is at least as large,
 * below a page (SubIFDs) or after it.
 *
 * The result is undefined if the first page cannot be read: the codec reports the reason.
 *
 * @param most the maximum number of pages that are read
 * @throws Rejection `SourceUnsupported`, as `TiffFile` does
 */
export async function fullPicture(
  reader: ByteReader,
  most: number,
): Promise<FullPicture | undefined> {
  const file = new TiffFile(reader, await reader.read(0, 16));
  const all = await pagesOf(file, most);
  const [first] = all;
  if (first === undefined) return undefined;
  const pages = all.length;
  const least = isMask(first) ? 0 : pixelsOf(first);
  const suits = (directory: Directory) => isFull(directory) && pixelsOf(directory) >= least;
  for (const [page, directory] of all.entries()) {
    if (suits(directory)) return { directory, page, pages };
    // A directory below a full page is a part or a copy of it.
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

/** Reads pages up to the first that cannot be read or is repeated. */
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

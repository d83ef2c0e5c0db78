import type { Colors } from "./colors.ts";

/** The formats that are read, detected by content and never by name. */
export const INPUT_FORMATS = [
  "jpeg",
  "png",
  "webp",
  "avif",
  "gif",
  "tiff",
  "heic",
  "bmp",
  "svg",
] as const;
/** As messages name them. */
export const INPUT_NAMES = "JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF, BMP and, if allowed, SVG";
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** What a source's header says, before a pixel is decoded. */
export interface SourceInfo {
  readonly format: InputFormat;
  /** px, upright: after the EXIF orientation is applied. */
  readonly width: number;
  /** px, upright: after the EXIF orientation is applied. */
  readonly height: number;
  readonly bytes: number;
  /** Pages of a TIFF, frames of an animation; 1 otherwise. */
  readonly pages: number;
  /** Channels as the codec gets them, alpha among them. */
  readonly bands: number;
  /** Bits of one channel as stored. */
  readonly depth: 1 | 2 | 4 | 8 | 16 | 32;
  readonly alpha: boolean;
  /** Progressive JPEG or interlaced PNG: decoded whole in memory. */
  readonly progressive: boolean;
  /** A JPEG whose color is stored at a quarter of the px (4:2:0), as cameras and phones do. */
  readonly subsampled: boolean;
  /** A WebP without loss, or one of which that cannot be excluded: decoded whole in memory. */
  readonly lossless: boolean;
  /**
   * What it says of its colors by numbers, or by a profile that the codec passes over; absent:
   * nothing, sRGB, or a profile that wins.
   */
  readonly colors?: Colors;
  /** Are its colors Display P3, by its profile or by numbers? Absent: no. */
  readonly p3?: true;
  /** Has it a color profile, whatever it says, or is it given one for its numbers? Absent: no. */
  readonly profiled?: true;
  /** Does its header tell of pixels and nothing else, no profile, no metadata, no turn? Absent: no. */
  readonly bare?: true;
  /** A WebP whose container promises more than there is: its whole chunks are read. Absent: no. */
  readonly mended?: true;
  /** What its header shows to be damaged, where the recipe has such a source rendered. */
  readonly damaged?: string;
  /** The EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /** The color profile of what is unpacked before the codec reads it: HEIC, some AVIF, some TIFF. */
  readonly icc?: Uint8Array;
  /** An AVIF or HEIC whose colors are stored multiplied by alpha. Absent: no. */
  readonly premultiplied?: true;
  /** An AVIF or HEIC whose container is rewritten before the codec reads it. Absent: no. */
  readonly rewritten?: true;
  /** The page of a TIFF that its full picture is on, or below, from 0. Absent: the first. */
  readonly page?: number;
  /** Where below that page its full picture is, from 0. Absent: the page itself. */
  readonly subifd?: number;
  /** A TIFF that is stored in tiles. Absent: no. */
  readonly tiled?: true;
  /** A TIFF whose samples are repacked, for the codec would show them in wrong colors. Absent: no. */
  readonly repacked?: Repacked;
  /**
   * Of an AVIF or HEIC, px of all coded pictures that are decoded to show it, each as often as it is
   * used, and of the largest of them.
   */
  readonly coded?: { readonly all: number; readonly largest: number };
  /** What the codec reads of EXIF each time that it opens the source, in bytes. Absent: none. */
  readonly exifBytes?: number;
  /** An SVG's own width, px: `width` is that at which it is rasterized. */
  readonly drawnWidth?: number;
}

/** How the samples of a TIFF are repacked. */
export interface Repacked {
  /** Of what kind the colors are that the codec gets. */
  readonly color: "gray" | "rgb" | "cmyk" | "lab";
  /** Of a px, all its samples as the codec decompresses them. */
  readonly pixelBytes: number;
  /** Is it decompressed from a copy in memory? */
  readonly copied: boolean;
}

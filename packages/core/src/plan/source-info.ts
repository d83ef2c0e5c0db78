import type { Colors } from "./colors.ts";

/** The supported input formats. They are detected by content, never by file name. */
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
/** The input formats as messages name them. */
export const INPUT_NAMES = "JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF, BMP and, if allowed, SVG";
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** The information that a source's header contains, available before any pixel is decoded. */
export interface SourceInfo {
  readonly format: InputFormat;
  /** In px, upright: after the EXIF orientation is applied. */
  readonly width: number;
  /** In px, upright: after the EXIF orientation is applied. */
  readonly height: number;
  readonly bytes: number;
  /** The pages of a TIFF or the frames of an animation; otherwise 1. */
  readonly pages: number;
  /** The number of channels that the codec gets, including alpha. */
  readonly bands: number;
  /** Bits per channel as stored. */
  readonly depth: 1 | 2 | 4 | 8 | 16 | 32;
  readonly alpha: boolean;
  /** A progressive JPEG or an interlaced PNG, which is decoded whole in memory. */
  readonly progressive: boolean;
  /** A JPEG with chroma subsampling 4:2:0, as cameras and phones write it. */
  readonly subsampled: boolean;
  /** A WebP that is lossless or may be. It is decoded whole in memory. */
  readonly lossless: boolean;
  /**
   * The colors that the source specifies by numbers, or by a profile that the codec ignores. It is
   * absent if the source specifies none or sRGB, or if a profile takes precedence.
   */
  readonly colors?: Colors;
  /** Whether the colors are Display P3, specified by a profile or by numbers. Default: no. */
  readonly p3?: true;
  /**
   * Whether the source has a color profile of any kind, or gets one for its numbers. Default: no.
   */
  readonly profiled?: true;
  /** Whether the header describes only pixels: no profile, metadata or rotation. Default: no. */
  readonly bare?: true;
  /**
   * Whether a WebP is shorter than its container specifies, so that only its complete chunks are
   * read. Default: no.
   */
  readonly mended?: true;
  /** The damage that the header shows, if the recipe renders damaged sources. */
  readonly damaged?: string;
  /** The EXIF orientation, 1 to 8. */
  readonly orientation: number;
  /**
   * The color profile of a source that is unpacked before the codec reads it: HEIC, some AVIF and
   * TIFF files.
   */
  readonly icc?: Uint8Array;
  /** Whether the colors of an AVIF or HEIC are stored premultiplied by alpha. Default: no. */
  readonly premultiplied?: true;
  /**
   * Whether a copy with a rewritten container is made before the codec reads the source. Default:
   * no.
   */
  readonly rewritten?: true;
  /**
   * The page of a TIFF, from 0, that contains the full image or the directory below it. Default:
   * the first.
   */
  readonly page?: number;
  /**
   * The index below that page, from 0, of the directory with the full image. Default: the page
   * itself.
   */
  readonly subifd?: number;
  /** Whether a TIFF is stored in tiles. Default: no. */
  readonly tiled?: true;
  /**
   * How the samples of a TIFF are repacked, if the codec would show them in wrong colors. Default:
   * not at all.
   */
  readonly repacked?: Repacked;
  /**
   * For an AVIF or HEIC: the px of all coded images that are decoded to show it, counted once per
   * use, and the px of the largest of them.
   */
  readonly coded?: { readonly all: number; readonly largest: number };
  /**
   * The size of the EXIF that the codec reads each time it opens the source, in bytes. Default:
   * none.
   */
  readonly exifBytes?: number;
  /**
   * Whether the EXIF takes so long to read that the codec gets a copy with only the orientation.
   * Default: no.
   */
  readonly exifLimited?: true;
  /** The intrinsic width of an SVG, in px. `width` is the width at which it is rasterized. */
  readonly drawnWidth?: number;
}

/** How the samples of a TIFF are repacked. */
export interface Repacked {
  /** The color model that the codec gets. */
  readonly color: "gray" | "rgb" | "cmyk" | "lab";
  /** Bytes per px of all samples as the codec decompresses them. */
  readonly pixelBytes: number;
  /** Whether the source is decompressed from a copy in memory. */
  readonly copied: boolean;
}

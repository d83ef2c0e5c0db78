export const FITS = ["inside", "cover", "contain", "fill", "outside"] as const;
/** How a source meets a box of other proportions; the words of CSS `object-fit` and of sharp. */
export type Fit = (typeof FITS)[number];

export const OUTPUT_FORMATS = ["jpeg", "png", "webp", "avif"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The extension, without dot, of a rendition's key. */
export const EXTENSIONS: Readonly<Record<OutputFormat, string>> = {
  jpeg: "jpg",
  png: "png",
  webp: "webp",
  avif: "avif",
};

export const CONTENT_TYPES: Readonly<Record<OutputFormat, string>> = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  avif: "image/avif",
};

/** One named output, every choice made. Sides are px; neither side: the source's own size. */
export interface Preset {
  readonly name: string;
  readonly width?: number;
  readonly height?: number;
  readonly fit: Fit;
  /** May the rendition have more pixels than the source? */
  readonly enlarge: boolean;
  readonly format: OutputFormat;
  /** 1 to 100. */
  readonly quality: number;
  /** What stands behind transparency in JPEG, and beside the picture in `contain`: `#rrggbb`. */
  readonly background: string;
}

/** What to make of every source: the checked form of what `recipe.ts` exports. */
export interface Recipe {
  readonly source: {
    /** Only keys that begin with this are sources; it is left out of rendition keys. */
    readonly prefix: string;
    /** Only keys that end with one of these (compared without case) are sources; empty: any key. */
    readonly suffixes: readonly string[];
  };
  readonly output: {
    /** Put before every rendition's and manifest's key. */
    readonly prefix: string;
    /** The template of rendition keys. */
    readonly key: string;
    readonly cacheControl: string;
  };
  readonly limits: {
    /** A source of more bytes is rejected. */
    readonly bytes: number;
    /** A source of more pixels (width x height of one page) is rejected. */
    readonly pixels: number;
  };
  readonly lanes: {
    /** A source of more bytes goes to the large lane. */
    readonly smallBytes: number;
  };
  readonly presets: readonly Preset[];
}

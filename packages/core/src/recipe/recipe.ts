export const FITS = ["inside", "cover", "contain", "fill", "outside"] as const;
/** How a source meets a box of other proportions; the words of CSS `object-fit` and of sharp. */
export type Fit = (typeof FITS)[number];

export const OUTPUT_FORMATS = ["jpeg", "png", "webp", "avif", "gif"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The extension, without dot, of a rendition's key. */
export const EXTENSIONS: Readonly<Record<OutputFormat, string>> = {
  jpeg: "jpg",
  png: "png",
  webp: "webp",
  avif: "avif",
  gif: "gif",
};

export const CONTENT_TYPES: Readonly<Record<OutputFormat, string>> = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  avif: "image/avif",
  gif: "image/gif",
};

/** Where the crop, or in `contain` the picture, lies; the last two look at the pixels. */
export const GRAVITIES = [
  "center",
  "north",
  "northeast",
  "east",
  "southeast",
  "south",
  "southwest",
  "west",
  "northwest",
  "attention",
  "entropy",
] as const;
export type Gravity = (typeof GRAVITIES)[number];

export const COLORS = ["srgb", "p3"] as const;

export const DAMAGED = ["reject", "render"] as const;
type Damaged = (typeof DAMAGED)[number];

/** Whether all pictures are encoded in the same way, or drawn ones as suits them. */
export const ENCODINGS = ["as-set", "by-content"] as const;

/** Each encoder's own scale. PNG's is the palette's: without one there is no choice to make. */
export const EFFORTS = { webp: [0, 6], avif: [0, 9], gif: [1, 10], png: [1, 10] } as const;

/** Whether a rendition is made when its source is uploaded, or when it is first requested. */
export const WHENS = ["upload", "request"] as const;

/** What of a source's metadata a rendition may carry. */
export const KEEPS = ["icc", "copyright", "exif", "gps"] as const;
export type Keep = (typeof KEEPS)[number];

/**
 * One file that is made of a source, every choice made: a preset that names several formats or
 * widths stands here once for each. Sides are px; neither side: the source's own size.
 */
export interface Preset {
  /** As the person wrote it. */
  readonly name: string;
  /** Is this one of a preset's `widths`? Then `width` is in its label. */
  readonly responsive?: true;
  readonly width?: number;
  readonly height?: number;
  readonly fit: Fit;
  /** Absent: the center. */
  readonly gravity?: Gravity;
  /** What the crop is to keep in its middle, in shares of the upright picture's sides. */
  readonly focus?: { readonly x: number; readonly y: number };
  /** May the rendition have more pixels than the source? */
  readonly enlarge: boolean;
  readonly format: OutputFormat;
  /** 1 to 100. */
  readonly quality: number;
  /** How hard the encoder works, in its own measure; absent for JPEG and for PNG without palette. */
  readonly effort?: number;
  readonly mozjpeg?: true;
  readonly palette?: true;
  /** Drawn pictures get the kind of the format that suits them. Absent: all are encoded in the same way. */
  readonly encoding?: "by-content";
  /** All frames of an animation rather than its first. */
  readonly animated?: true;
  /** The source's own bytes where they are fewer and say the same. */
  readonly fallback?: "source";
  /** What stands behind transparency in JPEG, and beside the picture in `contain`: `#rrggbb`. */
  readonly background: string;
  /** Absent: sRGB. */
  readonly color?: "p3";
  /** Absent: nothing. */
  readonly keep?: readonly Keep[];
  /** Made when it is first requested; the large lane makes it at once. Absent: made at the upload. */
  readonly when?: "request";
}

/**
 * What `{preset}` becomes in a key: the name, and for one of several widths that too, `hero-640w`.
 * No two of a recipe's presets have the same name, width and format.
 *
 * @example
 * recipe.presets.map(presetLabel); // ["thumb", "hero-400w", "hero-800w"]
 */
export function presetLabel({
  name,
  responsive,
  width,
}: Pick<Preset, "name" | "responsive" | "width">): string {
  return responsive === undefined ? name : `${name}-${width}w`;
}

/** What to make of every source: the checked form of what `recipe.ts` exports. */
export interface Recipe {
  readonly source: {
    /** Only keys that begin with this are sources; it is left out of rendition keys. */
    readonly prefix: string;
    /** Only keys that end with one of these (compared without case) are sources; empty: any key. */
    readonly suffixes: readonly string[];
    /** Is HEIC, which needs a patented codec, read? */
    readonly heic: boolean;
    /** Is SVG, which is a program as much as a picture, read? */
    readonly svg: boolean;
    /** What becomes of a source that is damaged and that browsers show all the same? */
    readonly damaged: Damaged;
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
    /** A source of more pixels to decode at once is rejected: one page, or all frames of what stays moving. */
    readonly pixels: number;
    /** A source of more pages or frames is rejected. */
    readonly pages: number;
    /** One decode may take as long, s. */
    readonly seconds: number;
  };
  readonly lanes: {
    /** A source of more bytes goes to the large lane. */
    readonly smallBytes: number;
  };
  /** Which addresses CloudFront delivers besides those of renditions. Absent: none. */
  readonly delivery?: {
    /** Addresses with the size as a folder: `/360x270/cats/tom.jpg`, `/cats/360x270/tom.jpg`. */
    readonly classic: boolean;
    /** The manifests, which name the bucket and the key of the source. */
    readonly manifests: boolean;
    /** Sizes that no preset has, at addresses that the application signs; sides in px. */
    readonly adhoc?: {
      readonly maxWidth: number;
      readonly maxHeight: number;
      readonly formats: readonly OutputFormat[];
    };
  };
  /** One a file, in the order of the person's: presets, then formats, then widths from the smallest. */
  readonly presets: readonly Preset[];
}

/** The formats whose quality is a choice. */
export const TUNED_FORMATS = ["jpeg", "webp", "avif"] as const;
export type TunedFormat = (typeof TUNED_FORMATS)[number];

/** How an encoder works, without its quality. */
export interface Setting {
  readonly format: TunedFormat;
  readonly effort?: number;
  readonly mozjpeg?: true;
}

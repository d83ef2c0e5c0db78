import * as v from "valibot";

/** The widths, px, at which pictures are measured. */
export const WIDTHS = [160, 640, 1280] as const;

/** What the child measures of one picture. */
export const pictureRun = v.array(
  v.object({
    width: v.number(),
    setting: v.string(),
    quality: v.number(),
    bytes: v.number(),
    cpuMs: v.number(),
    score: v.number(),
  }),
);

export type PictureRun = v.InferOutput<typeof pictureRun>;

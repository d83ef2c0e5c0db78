import type { Sharp } from "sharp";

/** One setting of an encoder. */
export interface Setting {
  readonly format: "jpeg" | "png" | "webp" | "avif";
  /** The effort, as sharp names it. */
  readonly effort: string;
  /** Undefined for lossless formats. */
  readonly quality?: number;
  readonly encode: (picture: Sharp) => Sharp;
}

const JPEG_EFFORTS = [
  { effort: "baseline", options: {} },
  { effort: "progressive", options: { progressive: true } },
  { effort: "mozjpeg", options: { mozjpeg: true } },
] as const;

const PNG_EFFORTS = [
  { effort: "level 6", options: { compressionLevel: 6 } },
  { effort: "level 9", options: { compressionLevel: 9 } },
  { effort: "level 6, filters", options: { compressionLevel: 6, adaptiveFiltering: true } },
  { effort: "palette", options: { palette: true } },
] as const;

const WEBP_EFFORTS = [0, 1, 2, 3, 4, 5, 6];

/** Above 6, an AVIF of this size takes tens of seconds. */
const AVIF_EFFORTS = [0, 1, 2, 3, 4, 5, 6];

/** All qualities are measured only at the usual efforts of a format. */
const QUALITIES = {
  jpeg: [70, 75, 80, 85, 90],
  webp: [65, 70, 75, 78, 82, 88],
  avif: [40, 45, 50, 55, 60, 68],
};
const USUAL = { jpeg: 80, webp: 78, avif: 55 };

/** Every effort at the usual quality, and every quality at the usual efforts. */
export function settings(): Setting[] {
  return [
    ...JPEG_EFFORTS.flatMap(({ effort, options }) =>
      QUALITIES.jpeg.map(
        (quality): Setting => ({
          format: "jpeg",
          effort,
          quality,
          encode: (picture) => picture.jpeg({ ...options, quality }),
        }),
      ),
    ),
    ...PNG_EFFORTS.map(
      ({ effort, options }): Setting => ({
        format: "png",
        effort,
        encode: (picture) => picture.png(options),
      }),
    ),
    ...crossed(WEBP_EFFORTS, QUALITIES.webp, USUAL.webp, [2, 4]).map(
      ({ effort, quality }): Setting => ({
        format: "webp",
        effort: `effort ${effort}`,
        quality,
        encode: (picture) => picture.webp({ effort, quality }),
      }),
    ),
    ...crossed(AVIF_EFFORTS, QUALITIES.avif, USUAL.avif, [2]).flatMap(
      ({ effort, quality }): Setting[] =>
        effort === 2
          ? [avif(effort, quality, "4:2:0"), avif(effort, quality, "4:4:4")]
          : [avif(effort, quality, "4:2:0")],
    ),
  ];
}

function avif(effort: number, quality: number, chromaSubsampling: "4:2:0" | "4:4:4"): Setting {
  return {
    format: "avif",
    effort: `effort ${effort}, ${chromaSubsampling}`,
    quality,
    encode: (picture) => picture.avif({ effort, quality, chromaSubsampling }),
  };
}

function crossed(
  efforts: readonly number[],
  qualities: readonly number[],
  usual: number,
  inQuestion: readonly number[],
): { effort: number; quality: number }[] {
  return efforts.flatMap((effort) =>
    qualities
      .filter((quality) => quality === usual || inQuestion.includes(effort))
      .map((quality) => ({ effort, quality })),
  );
}

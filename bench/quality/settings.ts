import type { Sharp } from "sharp";

/** The settings of an encoder, without its quality. */
export interface Setting {
  readonly name: string;
  /** Rising, around the target score. */
  readonly qualities: readonly number[];
  readonly encode: (picture: Sharp, quality: number) => Sharp;
}

/** The one that all others are compared with: what every browser shows. */
export const BASE = "JPEG";

const FULL_COLOR = { chromaSubsampling: "4:4:4" };

export const SETTINGS: readonly Setting[] = [
  {
    name: BASE,
    qualities: [60, 70, 80, 85, 88],
    encode: (picture, quality) => picture.jpeg({ quality }),
  },
  {
    name: "JPEG progressive",
    qualities: [75, 80],
    encode: (picture, quality) => picture.jpeg({ quality, progressive: true }),
  },
  {
    name: "JPEG 4:4:4",
    qualities: [70, 85],
    encode: (picture, quality) => picture.jpeg({ quality, chromaSubsampling: "4:4:4" }),
  },
  {
    name: "JPEG mozjpeg",
    qualities: [70, 80, 88],
    encode: (picture, quality) => picture.jpeg({ quality, mozjpeg: true }),
  },
  webp("effort 0", [80, 92], { effort: 0 }),
  webp("effort 2", [78, 85, 92], { effort: 2 }),
  webp("effort 4", [75, 79, 80, 85, 92], { effort: 4 }),
  webp("effort 4, smart subsampling", [78, 88], { effort: 4, smartSubsample: true }),
  avif("effort 0", [50, 55, 60, 68], { effort: 0 }),
  avif("effort 0, 10 bits", [50, 60, 68], { effort: 0, bitdepth: 10 }),
  avif("effort 0, 4:4:4", [45, 50, 55, 60, 66], { effort: 0, ...FULL_COLOR }),
  avif("effort 0, 4:4:4, 10 bits", [50, 60], { effort: 0, bitdepth: 10, ...FULL_COLOR }),
  avif("effort 1", [55, 63, 68], { effort: 1 }),
  avif("effort 2", [50, 60, 70], { effort: 2 }),
  avif("effort 2, 4:4:4", [50, 60, 68], { effort: 2, ...FULL_COLOR }),
  avif("effort 3, 4:4:4", [55], { effort: 3, ...FULL_COLOR }),
  avif("effort 4", [55, 66], { effort: 4 }),
  avif("effort 4, 4:4:4", [50, 60], { effort: 4, ...FULL_COLOR }),
];

/**
 * What others make when nobody sets a quality. The encoders are those of sharp; Pillow uses the same libraries.
 * sharp, and ipx by it: https://sharp.pixelplumbing.com/api-output/
 * next/image: https://github.com/vercel/next.js/blob/canary/packages/next/src/server/image-optimizer.ts
 * imgproxy: https://docs.imgproxy.net/configuration/options
 * Pillow: `save(format="JPEG", quality=85, optimize=True)` and `save(format="WEBP", quality=80)` of many articles
 */
export const PEERS: readonly (readonly [name: string, setting: string, quality: number])[] = [
  ["sharp, ipx: JPEG", BASE, 80],
  ["sharp, ipx: WebP", "WebP effort 4", 80],
  ["sharp, ipx: AVIF", "AVIF effort 4, 4:4:4", 50],
  ["next/image: WebP", "WebP effort 4", 75],
  ["next/image: AVIF", "AVIF effort 3, 4:4:4", 55],
  ["imgproxy: JPEG", BASE, 80],
  ["imgproxy: WebP", "WebP effort 4", 79],
  ["imgproxy: AVIF", "AVIF effort 1", 63],
  ["Pillow, articles: JPEG", BASE, 85],
  ["Pillow, articles: WebP", "WebP effort 4", 80],
];

/** The fleet's own defaults, with which those of others are compared. */
export const OWN = ["WebP effort 2", "AVIF effort 0, 4:4:4"] as const;

function webp(
  name: string,
  qualities: readonly number[],
  options: Parameters<Sharp["webp"]>[0],
): Setting {
  return {
    name: `WebP ${name}`,
    qualities,
    encode: (picture, quality) => picture.webp({ ...options, quality }),
  };
}

function avif(
  name: string,
  qualities: readonly number[],
  options: Parameters<Sharp["avif"]>[0],
): Setting {
  return {
    name: `AVIF ${name}`,
    qualities,
    encode: (picture, quality) => picture.avif({ chromaSubsampling: "4:2:0", ...options, quality }),
  };
}

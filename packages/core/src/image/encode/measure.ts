import { writeFile } from "node:fs/promises";
import sharp, { type Region, type Sharp } from "sharp";
import type { Preset } from "../../recipe/index.ts";
import { type RgbImage, Ssimulacra2 } from "../../ssimulacra2/index.ts";
import type { Sample } from "../../tuning/index.ts";
import { asPixels } from "../decode/pixels.ts";
import { isDrawn } from "./by-content.ts";
import { encodeAs } from "./encode-as.ts";

/** How an encoder works. */
export type Encoding = Pick<Preset, "format" | "quality" | "effort" | "mozjpeg" | "palette">;

/** The pixels of one rendition, and how they are to be encoded. */
export interface Measuring {
  /** A PNG. */
  readonly file: string;
  /** What stands behind transparent pixels, `#rrggbb`. */
  readonly background: string;
  /** The side of the square in the middle that is scored, px; 0: the whole picture. */
  readonly crop: number;
  /** `to` is the file that an encoding is written to, where it is wanted too. */
  readonly wanted: readonly (Encoding & { readonly to?: string })[];
}

/** A picture, the part of it that is scored, and what it takes in memory. */
interface Prepared {
  readonly pixels: RgbImage;
  readonly region: Region;
  readonly original: Ssimulacra2;
  readonly bytes: number;
}

/** What is prepared may take as many bytes, and a pixel of {@link Ssimulacra2} takes 9 floats at six scales. */
const MOST_BYTES = 64 * 1024 ** 2;
const BYTES_A_PIXEL = 48;

/** By file, background and crop; the least recently used first. */
const prepared = new Map<string, Prepared>();
const loaded = new Set<string>();

/**
 * Encodes a picture in each way, as renditions are encoded, and scores the results. The CPU time is that of
 * the process: nothing else may run in it. A file must not change: some are kept as they were read, for
 * the next settings.
 *
 * @returns a sample for each of what is wanted
 * @throws RangeError for a picture of less than 8 x 8 px; Error when the codec fails
 *
 * @example
 * const wanted = [{ format: "webp", quality: 86, effort: 2 }] as const;
 * const asked = { file: "tom.png", background: "#ffffff", crop: 512, wanted };
 * const [webp] = await measureEncodings(asked); // { bytes: 38200, cpuMs: 24.7, score: 80.1 }
 */
export async function measureEncodings(asked: Measuring): Promise<Sample[]> {
  const { file, background, crop, wanted } = asked;
  const key = JSON.stringify([file, background, crop]);
  const picture =
    prepared.get(key) ?? (await prepare(await rgbOf(sharp(file).flatten({ background })), crop));
  keep(key, picture);
  const { pixels } = picture;
  for (const encoding of wanted) {
    if (loaded.has(encoding.format)) continue;
    // The first use of an encoder loads it.
    await encodeAs(fromRgb(pixels).extract(middle(pixels, 64)), encoding).toBuffer();
    loaded.add(encoding.format);
  }
  return measure(
    picture,
    wanted.map((encoding) => (picture) => encodeAs(picture, encoding)),
    async (made, at) => {
      const to = wanted[at]?.to;
      if (to !== undefined) await writeFile(to, made);
    },
  );
}

/**
 * Whether a picture is encoded as a drawing by `encoding: "by-content"`: then a preset's quality does not
 * decide how it looks.
 *
 * @param picture a file of an image
 *
 * @example
 * const { readFile } = await import("node:fs/promises");
 * await isDrawnPicture(await readFile("logo.png")); // true
 */
export async function isDrawnPicture(picture: Uint8Array): Promise<boolean> {
  return isDrawn(await asPixels(sharp(picture)));
}

/**
 * Encodes pixels by each encoder, and scores the results, as {@link measureEncodings}.
 *
 * @param crop the side of the square in the middle that is scored, px; 0: the whole picture
 *
 * @example
 * const gray = { data: new Uint8Array(3 * 64 * 64), width: 64, height: 64 };
 * const [sample] = await measureEncoders(gray, 0, [(picture) => picture.webp({ quality: 80 })]);
 */
export async function measureEncoders(
  pixels: RgbImage,
  crop: number,
  encoders: readonly ((picture: Sharp) => Sharp)[],
): Promise<Sample[]> {
  return measure(await prepare(pixels, crop), encoders, async () => undefined);
}

async function prepare(pixels: RgbImage, crop: number): Promise<Prepared> {
  const region = middle(pixels, crop);
  const original = new Ssimulacra2(await rgbOf(fromRgb(pixels).extract(region)));
  const bytes = pixels.data.length + BYTES_A_PIXEL * region.width * region.height;
  return { pixels, region, original, bytes };
}

function keep(key: string, picture: Prepared): void {
  prepared.delete(key);
  prepared.set(key, picture);
  let bytes = 0;
  for (const [each, { bytes: own }] of [...prepared].reverse()) {
    bytes += own;
    if (bytes > MOST_BYTES) prepared.delete(each);
  }
}

/** @param onMade receives each encoding, and which of the encoders made it */
async function measure(
  { pixels, region, original }: Prepared,
  encoders: readonly ((picture: Sharp) => Sharp)[],
  onMade: (made: Buffer, at: number) => Promise<void>,
): Promise<Sample[]> {
  const measured: Sample[] = [];
  for (const [at, encode] of encoders.entries()) {
    const began = process.cpuUsage();
    const made = await encode(fromRgb(pixels)).toBuffer();
    const { user, system } = process.cpuUsage(began);
    await onMade(made, at);
    // Decoded whole: a decoder that crops could read other pixels.
    const decoded = fromRgb(await rgbOf(sharp(made)));
    const score = original.score(await rgbOf(decoded.extract(region)));
    measured.push({ bytes: made.byteLength, cpuMs: (user + system) / 1000, score });
  }
  return measured;
}

/**
 * The pixels of a pipeline in sRGB. Transparent ones are to be put on a background before.
 *
 * @throws RangeError for pixels of more or less than three channels
 *
 * @example
 * const { default: sharp } = await import("sharp");
 * const { width, height } = await rgbOf(sharp("tom.jpg").resize(640));
 */
export async function rgbOf(pipeline: Sharp): Promise<RgbImage> {
  const { data, info } = await pipeline
    .toColorspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 3) throw new RangeError(`the codec wrote ${channels} channels instead of 3`);
  return { data, width, height };
}

function fromRgb({ data, width, height }: RgbImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function middle({ width, height }: RgbImage, side: number): Region {
  const across = Math.min(width, side || width);
  const down = Math.min(height, side || height);
  return { left: (width - across) >> 1, top: (height - down) >> 1, width: across, height: down };
}

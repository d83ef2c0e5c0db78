import sharp, { type Region, type Sharp } from "sharp";
import type { Preset } from "../../recipe/index.ts";
import { Ssimulacra2 } from "../../ssimulacra2/index.ts";
import type { Sample } from "../../tuning/index.ts";
import { encodeAs } from "./encode-as.ts";

/** How an encoder works. */
type Encoding = Pick<Preset, "format" | "quality" | "effort" | "mozjpeg">;

/** The pixels of one rendition, and how they are to be encoded. */
export interface Measuring {
  /** A PNG. */
  readonly file: string;
  /** What stands behind transparent pixels, `#rrggbb`. */
  readonly background: string;
  /** The side of the square in the middle that is scored, px; 0: the whole picture. */
  readonly crop: number;
  readonly wanted: readonly Encoding[];
}

const loaded = new Set<string>();

/**
 * Encodes a picture in each way, as renditions are encoded, and scores the results. The CPU time is that of
 * the process: nothing else may run in it.
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
  const { data, info } = await sharp(file)
    .flatten({ background })
    .toColorspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const raw = { raw: { width, height, channels } };
  const region = middle(width, height, crop);
  const original = new Ssimulacra2(await pixels(sharp(data, raw), region));
  const measured: Sample[] = [];
  for (const encoding of wanted) {
    if (!loaded.has(encoding.format)) {
      // The first use of an encoder loads it.
      await encodeAs(sharp(data, raw), encoding).toBuffer();
      loaded.add(encoding.format);
    }
    const began = process.cpuUsage();
    const made = await encodeAs(sharp(data, raw), encoding).toBuffer();
    const { user, system } = process.cpuUsage(began);
    // Decoded whole: a decoder that crops could read other pixels.
    const decoded = await sharp(made).toColorspace("srgb").raw().toBuffer();
    measured.push({
      bytes: made.byteLength,
      cpuMs: (user + system) / 1000,
      score: original.score(await pixels(sharp(decoded, raw), region)),
    });
  }
  return measured;
}

function middle(width: number, height: number, side: number): Region {
  const across = Math.min(width, side || width);
  const down = Math.min(height, side || height);
  return { left: (width - across) >> 1, top: (height - down) >> 1, width: across, height: down };
}

async function pixels(picture: Sharp, region: Region) {
  const { width, height } = region;
  return { data: await picture.extract(region).raw().toBuffer(), width, height };
}

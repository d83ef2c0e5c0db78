import { configureCodec, encodeAs } from "@imagefleet/core/image";
import { Ssimulacra2 } from "@imagefleet/core/ssimulacra2";
import type { Sample } from "@imagefleet/core/tuning";
import sharp, { type Region, type Sharp } from "sharp";
import type { Setting } from "./search.ts";

/** The pixels of one rendition, and how they are to be encoded. */
export interface Measuring {
  /** A PNG. */
  readonly file: string;
  /** What stands behind transparent pixels, `#rrggbb`. */
  readonly background: string;
  /** The side of the square in the middle that is scored, px; 0: the whole picture. */
  readonly crop: number;
  readonly wanted: readonly { readonly setting: Setting; readonly quality: number }[];
}

configureCodec({ threads: 1 });
const loaded = new Set<string>();

/** Encodes a picture in each way, and scores the results. */
export default async function measure(asked: Measuring): Promise<Sample[]> {
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
  for (const { setting, quality } of wanted) {
    const preset = { ...setting, quality };
    if (!loaded.has(setting.format)) {
      // The first use of an encoder loads it.
      await encodeAs(sharp(data, raw), preset).toBuffer();
      loaded.add(setting.format);
    }
    const began = process.cpuUsage();
    const made = await encodeAs(sharp(data, raw), preset).toBuffer();
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

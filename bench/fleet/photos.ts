import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import sharp, { type Sharp } from "sharp";
import { DATA, kept, samplesFolder } from "../data.ts";

/** To be raised when the photos change. */
const VERSION = 1;

const MIRRORS: readonly ((photo: Sharp) => Sharp)[] = [
  (photo) => photo,
  (photo) => photo.flop(),
  (photo) => photo.flip(),
  (photo) => photo.flip().flop(),
];

/** Exposures, as factors of brightness and saturation. */
const TONES = [
  { brightness: 1, saturation: 1 },
  { brightness: 0.88, saturation: 1.15 },
  { brightness: 1.1, saturation: 0.8 },
] as const;

/** Two photos of 12 megapixels, one with an EXIF orientation as from a phone. */
const ORIGINALS = [
  { file: "mountain-lake.jpg", orientation: 1 },
  { file: "fruit-phone.jpg", orientation: 6 },
] as const;

/**
 * Different photos as from a camera, JPEGs of 12 megapixels and 2 to 3 MB, created once.
 *
 * @returns their paths
 */
export async function photos(say: (text: string) => void): Promise<string[]> {
  const folder = await kept(join(DATA, `photos-${VERSION}`), async (part) => {
    say("creating photos (once) …");
    await mkdir(part);
    const samples = await samplesFolder();
    const variants = ORIGINALS.flatMap((original) =>
      TONES.flatMap((tone) => MIRRORS.map((mirror) => ({ ...original, tone, mirror }))),
    );
    await pLimit(2).map(variants, async ({ file, orientation, tone, mirror }, index) => {
      await mirror(sharp(join(samples, file)))
        .modulate(tone)
        .withMetadata({ orientation })
        .jpeg({ quality: 85 })
        .toFile(join(part, `photo-${String(index).padStart(2, "0")}.jpg`));
    });
  });
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

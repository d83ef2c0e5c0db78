import { join } from "node:path";
import type { RgbImage } from "@imagefleet/core/ssimulacra2";
import sharp from "sharp";
import { samplesFolder } from "../data.ts";

/** The pixels of a rendition before the encode. */
export interface FormatPicture extends RgbImage {
  readonly name: string;
  readonly kind: "photo" | "graphic";
  readonly data: Buffer;
  readonly channels: 3;
}

/** To be raised when the pictures change. */
export const PICTURES_VERSION = "formats-1";

const SIZE = { width: 800, height: 600 };

const PICTURES = [
  { file: "mountain-lake.jpg", kind: "photo" },
  { file: "fruit-phone.jpg", kind: "photo" },
  { file: "dahlia-progressive.jpg", kind: "photo" },
  { file: "sticker.png", kind: "graphic" },
] as const;

export async function formatPictures(): Promise<FormatPicture[]> {
  const folder = await samplesFolder();
  return Promise.all(
    PICTURES.map(async ({ file, kind }): Promise<FormatPicture> => {
      const fit = kind === "photo" ? "cover" : "contain";
      const { data, info } = await sharp(join(folder, file), { autoOrient: true })
        .flatten({ background: "#fff" })
        .resize({ ...SIZE, fit, background: "#fff" })
        .toColorspace("srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      if (info.channels !== 3) throw new Error(`${file} has ${info.channels} channels`);
      return { name: file, kind, data, ...SIZE, channels: 3 };
    }),
  );
}

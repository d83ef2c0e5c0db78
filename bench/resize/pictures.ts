import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { DATA, kept, samplesFolder } from "../data.ts";

/** A photo as a camera of so many megapixels gives it: JPEG q85, 4:2:0. */
export interface LadderPicture {
  readonly megapixels: number;
  readonly width: number;
  readonly height: number;
  /** The work is done so often in one turn: a turn is long against the clock's step. */
  readonly times: number;
}

const PICTURES: readonly LadderPicture[] = [
  { megapixels: 2, width: 1600, height: 1200, times: 6 },
  { megapixels: 12, width: 4000, height: 3000, times: 3 },
  { megapixels: 24, width: 6000, height: 4000, times: 2 },
  { megapixels: 48, width: 8000, height: 6000, times: 1 },
];

/** Raised when the pictures are made otherwise. */
export const PICTURES_VERSION = "ladder-1";

/** One of the pictures as a file, and its bytes. */
export interface LadderPhoto {
  readonly picture: LadderPicture;
  readonly path: string;
  readonly bytes: Buffer;
}

/** All of them, made once. */
export async function ladderPhotos(): Promise<LadderPhoto[]> {
  const photos: LadderPhoto[] = [];
  for (const picture of PICTURES) {
    const path = await ladderPhoto(picture);
    photos.push({ picture, path, bytes: await readFile(path) });
  }
  return photos;
}

function ladderPhoto({ megapixels, width, height }: LadderPicture): Promise<string> {
  const file = join(DATA, PICTURES_VERSION, `${megapixels}-megapixels.jpg`);
  return kept(file, async (part) => {
    const photo = join(await samplesFolder(), "mountain-lake.jpg");
    await sharp(photo).resize(width, height, { fit: "cover" }).jpeg({ quality: 85 }).toFile(part);
  });
}

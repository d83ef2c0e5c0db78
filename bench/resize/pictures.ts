import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { DATA, kept, samplesFolder } from "../data.ts";

/** A photo as from a camera: JPEG q85, 4:2:0. */
export interface ResizePicture {
  readonly megapixels: number;
  readonly width: number;
  readonly height: number;
  /** Repetitions in one turn, so that a turn is long compared with the resolution of the clock. */
  readonly times: number;
}

const PICTURES: readonly ResizePicture[] = [
  { megapixels: 2, width: 1600, height: 1200, times: 6 },
  { megapixels: 12, width: 4000, height: 3000, times: 3 },
  { megapixels: 24, width: 6000, height: 4000, times: 2 },
  { megapixels: 48, width: 8000, height: 6000, times: 1 },
];

/** To be raised when the pictures change. */
export const PICTURES_VERSION = "resize-1";

/** A picture as a file, with its bytes. */
export interface ResizePhoto {
  readonly picture: ResizePicture;
  readonly path: string;
  readonly bytes: Buffer;
}

/** All pictures, which are created once. */
export async function resizePhotos(): Promise<ResizePhoto[]> {
  const photos: ResizePhoto[] = [];
  for (const picture of PICTURES) {
    const path = await resizePhoto(picture);
    photos.push({ picture, path, bytes: await readFile(path) });
  }
  return photos;
}

function resizePhoto({ megapixels, width, height }: ResizePicture): Promise<string> {
  const file = join(DATA, PICTURES_VERSION, `${megapixels}-megapixels.jpg`);
  return kept(file, async (part) => {
    const photo = join(await samplesFolder(), "mountain-lake.jpg");
    await sharp(photo).resize(width, height, { fit: "cover" }).jpeg({ quality: 85 }).toFile(part);
  });
}

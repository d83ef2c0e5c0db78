import { stat } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { DATA, kept, samplesFolder } from "../data.ts";
import { photos as photosOf12Mp } from "../fleet/photos.ts";
import type { Work } from "./works.ts";

/** To be raised when the photos change. */
const VERSION = 2;
const MB = 1_000_000;
const QUALITIES = [90, 92, 93, 94, 95, 96, 97, 98, 99] as const;

/** The paths of a workload's photos, which are created once. */
export async function photosFor({ photos }: Work, say: (text: string) => void): Promise<string[]> {
  return photos === "12 MP" ? photosOf12Mp(say) : photosOf5Mb();
}

/** Photos of 12 megapixels and about 5 MB, as from a camera set to "fine". */
async function photosOf5Mb(): Promise<string[]> {
  const folder = join(DATA, `photos-5mb-${VERSION}`);
  const samples = await samplesFolder();
  return Promise.all(
    ["mountain-lake.jpg", "fruit-phone.jpg"].map((name) =>
      kept(join(folder, name), async (part) => {
        for (const quality of QUALITIES) {
          await sharp(join(samples, name))
            .keepMetadata()
            .jpeg({ quality, chromaSubsampling: "4:4:4" })
            .toFile(part);
          if ((await stat(part)).size >= 5 * MB) return;
        }
      }),
    ),
  );
}

import { rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { type TiffPage, writeTiff } from "@imagefleet/local/samples";
import sharp from "sharp";
import { DATA, exists, kept, samplesFolder } from "../data.ts";
import { MIB } from "../measure/peak.ts";

const FOLDER = join(DATA, "large-1");

/** The free space that must be left on the disk. */
const SPARE_BYTES = 1024 * MIB;

export interface LargeSource {
  readonly name: string;
  readonly file: string;
  /** The approximate size of the file. */
  readonly bytes: number;
  make(path: string): Promise<void>;
}

export const LARGE_SOURCES: readonly LargeSource[] = [
  {
    name: "TIFF 1200 MP, strips",
    file: "gigapixel.tif",
    bytes: 3434 * MIB,
    make: (path) => writeTiff(path, [gigapixel()]),
  },
  {
    name: "JPEG 108 MP, progressive",
    file: "progressive.jpg",
    bytes: 40 * MIB,
    make: async (path) => {
      await enlarged(12_000, 9000)
        .then((photo) => photo.jpeg({ quality: 85, progressive: true }))
        .then((photo) => photo.toFile(path));
    },
  },
  {
    name: "PNG 121 MP, one color",
    file: "one-color.png",
    bytes: MIB,
    make: async (path) => {
      const create = { width: 11_000, height: 11_000, channels: 3, background: "#369" } as const;
      await sharp({ create, limitInputPixels: false }).png({ compressionLevel: 9 }).toFile(path);
    },
  },
  {
    name: "PNG 300 MP",
    file: "photo.png",
    bytes: 500 * MIB,
    make: async (path) => {
      const photo = await enlarged(20_000, 15_000);
      await photo.png({ compressionLevel: 1, adaptiveFiltering: true }).toFile(path);
    },
  },
  {
    name: "TIFF of 500 pages",
    file: "pages.tif",
    bytes: 100 * MIB,
    make: (path) => writeTiff(path, pages(500)),
  },
];

/** Creates the source if it is missing. @throws Error when the disk has too little free space */
export async function largeSource(
  { name, file, bytes, make }: LargeSource,
  say: (text: string) => void,
): Promise<string> {
  const path = join(FOLDER, file);
  if (await exists(path)) return path;
  await samplesFolder();
  const { bavail, bsize } = await statfs(DATA);
  const free = bavail * bsize;
  if (free < bytes + SPARE_BYTES) {
    throw new Error(
      `${name} takes ${mib(bytes)}, and only ${mib(free)} are free: free some disk space, or skip it with --only`,
    );
  }
  say(`creating ${name} (once, ${mib(bytes)}) …`);
  return kept(path, make);
}

export async function removeLargeSources(): Promise<void> {
  await rm(FOLDER, { recursive: true, force: true });
}

async function enlarged(width: number, height: number) {
  const photo = join(await samplesFolder(), "mountain-lake.jpg");
  return sharp(photo).resize(width, height, { fit: "fill", kernel: "cubic" });
}

/** 40000 x 30000 RGB px, uncompressed: 3.6 GB, as a map scanner writes them. */
function gigapixel(): TiffPage {
  const [width, height, rowsPerStrip] = [40_000, 30_000, 16];
  const strip = Buffer.alloc(width * rowsPerStrip * 3);
  const strips = function* () {
    for (let top = 0; top < height; top += rowsPerStrip) {
      for (let at = 0; at < strip.length; at += 3) {
        const column = (at / 3) % width;
        strip[at] = (column >> 7) + (top >> 6);
        strip[at + 1] = ((column * top) >> 18) + (column & 15);
        strip[at + 2] = 255 - (top >> 7);
      }
      yield strip.subarray(0, width * Math.min(rowsPerStrip, height - top) * 3);
    }
  };
  return { width, height, channels: 3, rowsPerStrip, compression: "none", strips: strips() };
}

/** A4 at 150 dpi, gray: lines of print. */
function* pages(count: number): Iterable<TiffPage> {
  const [width, height] = [1240, 1754];
  for (let number = 0; number < count; number++) {
    const page = Buffer.alloc(width * height, 255);
    for (let line = 100; line < height - 100; line += 24) {
      for (let column = 100; column < width - 100; column++) {
        const inked = ((column >> 2) * 2_654_435_761 + line * 97 + number * 31) & 0x400;
        if (inked) for (let row = 0; row < 12; row++) page[(line + row) * width + column] = 20;
      }
    }
    const strips = [deflateSync(page, { level: 1 })];
    yield { width, height, channels: 1, rowsPerStrip: height, compression: "deflate", strips };
  }
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / MIB)} MiB`;
}
